import json
from dataclasses import replace

import msgspec
import pytest

from communicator.answers import clock_bounds, clocks
from communicator.answers.clocks import AgentReport, Local, Peer, References, Source
from communicator.protocol import Message, decode, encode
from timekeeper.claim import Claim, ClaimState
from timekeeper.discipline import Authentication, Discipline, Leap, NoAnswer, Reference, Upstream, UpstreamState
from timekeeper.evidence import Evidence
from timekeeper.intervals import Interval
from timekeeper.pairs import Direction, Step
from timekeeper.references.consensus import Consensus
from timekeeper.report import (
    About,
    announce,
    answer_report,
    describe_local,
    describe_references,
    describe_sources,
    tell_row,
)
from timekeeper.solution import Fault
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock
from timekeeper.verdict import judge

CHRONYD = frozenset({"chronyd"})
WORD = Discipline(
    daemon="chronyd",
    leap=Leap.NORMAL,
    stratum=3,
    reference=Reference.OUTSIDE,
    offset_s=0.5,
    root_delay_s=0.25,
    root_dispersion_s=0.125,
    update_interval_s=64.0,
    updated_wall_ns=1,
    upstreams=(
        Upstream("192.0.2.1", UpstreamState.SELECTED, reachable=True),
        Upstream("192.0.2.2", UpstreamState.COMBINED, reachable=True),
        Upstream("192.0.2.3", UpstreamState.FALSETICKER, reachable=True),
    ),
)
KERNEL = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.015625,
    esterror_s=0.25,
    frequency_ppm=-17.5,
    tai_offset_s=37,
    status=0x2001,
)
SYNCHRONIZED = Evidence(answer=WORD, last_answer=WORD, age_s=0.0, kernel=KERNEL, daemons=TimeDaemons(CHRONYD, CHRONYD))
NOBODY = Evidence(answer=NoAnswer("refused"), kernel=NoAnswer("adjtimex failed"), daemons=TimeDaemons())


def report(evidence, age_s=2.5):
    return answer_report(word(evidence), age_s)


def word(evidence, pairs=(), references=None, **about):
    who = About(**{"server": "alpha", "boot_id": "b007", "life": "1", "seq": 7, "role": "agent"} | about)
    return describe_local(judge(evidence), evidence, who, pairs, references)


def test_a_synchronised_host():
    message = report(SYNCHRONIZED)
    assert message.command == "CLOCK_CURRENT_REPORT"
    assert json.loads(message.get("report")) == {
        "local": {
            "server": "alpha",
            "boot_id": "b007",
            "life": "1",
            "seq": 7,
            "role": "agent",
            "claim": {
                "state": "synchronized",
                "reasons": [
                    "chronyd last updated the clock 0 s ago",
                    "falseticker: 192.0.2.3 disagrees with the majority",
                ],
                "daemon": "chronyd",
                "upstreams": ["192.0.2.1", "192.0.2.2"],
                "offset_seconds": 0.5,
                "bound_seconds": 0.75,
                "stratum": 3,
                "leap": "normal",
                "age_seconds": 0.0,
                "root_delay_seconds": 0.25,
                "root_dispersion_seconds": 0.125,
            },
            "kernel": {
                "maxerror_seconds": 0.015625,
                "esterror_seconds": 0.25,
                "unsync": False,
                "tai_offset_seconds": 37,
                "frequency_ppm": -17.5,
                "offset_seconds": 0.0,
                "tick_seconds": 0.01,
                "status": 0x2001,
            },
            "sources": {"selected": 1, "combined": 1, "outlier": 0, "jittery": 0, "falseticker": 1, "unusable": 0},
            "source_list": [],
            "pairs": [],
            "heard": None,
            "away": [],
            "found": None,
            "suspects": [],
            "interval_seconds": 10.0,
            "made_seconds": None,
            "steps_total": 0,
            "steps": {"forward": 0, "backward": 0},
            "last_step_seconds": None,
            "probe_address": "",
            "probes": None,
            "grace_left_seconds": None,
        },
        "solved": False,
        "age_seconds": 2.5,
        "held": None,
    }


def test_a_host_of_which_nothing_is_known():
    local = json.loads(report(NOBODY).get("report"))["local"]
    assert local["kernel"] is None
    assert local["sources"] == {}
    assert local["claim"]["state"] == "unsynchronized"
    assert {local["claim"][key] for key in ("offset_seconds", "bound_seconds", "stratum", "leap", "age_seconds")} == {
        None
    }


def test_sources_one_by_one():
    kept = replace(SYNCHRONIZED.answer.upstreams[0], authentication=Authentication.NTS)
    lost = Upstream("192.0.2.9", UpstreamState.UNUSABLE, reachable=False)
    claim = judge(replace(SYNCHRONIZED, answer=replace(SYNCHRONIZED.answer, upstreams=(kept, lost))))
    assert describe_sources(claim) == (
        Source("192.0.2.1", "selected", reachable=True, authentication="nts"),
        Source("192.0.2.9", "unusable", reachable=False),
    )
    assert claim.upstreams == ("192.0.2.1",)


def test_sources_are_counted_though_none_is_in_use():
    lost = Upstream("192.0.2.9", UpstreamState.UNUSABLE, reachable=False)
    answer = replace(SYNCHRONIZED.answer, upstreams=(lost,))
    local = word(replace(SYNCHRONIZED, answer=answer, last_answer=answer))
    assert local.sources["unusable"] == 1
    assert local.claim.upstreams == ()


def test_a_report_survives_the_wire_and_reads_back():
    message = decode(encode(report(SYNCHRONIZED)))
    read = msgspec.json.decode(message.get("report"), type=AgentReport)
    assert read.local.claim.upstreams == ("192.0.2.1", "192.0.2.2")
    assert answer_report(read.local, read.age_seconds) == message


@pytest.mark.parametrize(
    ("state", "without_daemon", "command", "parameters"),
    [
        (ClaimState.SYNCHRONIZED, False, "CLOCK_STABLE", {"clock_resolution": "verified"}),
        (ClaimState.UNSYNCHRONIZED, True, "CLOCK_STABLE", {"clock_resolution": "no_ntp"}),
        (ClaimState.UNKNOWN, True, "CLOCK_STABLE", {"clock_resolution": "no_ntp"}),
        (ClaimState.UNSYNCHRONIZED, False, "CLOCK_UNSTABLE", {"clock_error": "invalid"}),
        (ClaimState.HOLDOVER, False, "CLOCK_STABLE", {"clock_resolution": "verified"}),
        (ClaimState.UNKNOWN, False, "CLOCK_UNSTABLE", {"clock_error": "checking"}),
    ],
)
def test_the_word_for_the_router(state, without_daemon, command, parameters):
    claim = Claim(state=state, reasons=("because",), without_daemon=without_daemon)
    assert announce(claim, 10.0) == Message(command, parameters | {"interval_s": "10"})
    for fault in Fault:
        error = "invalid" if fault is Fault.WRONG else fault.value
        accused = Message("CLOCK_UNSTABLE", {"clock_error": error, "interval_s": "0.5"})
        assert announce(claim, 0.5, fault) == accused, "whatever is claimed of it"


def test_the_word_for_the_other_timekeepers():
    pair = Peer(
        peer="beta",
        offset_seconds=0.25,
        bound_seconds=0.0001,
        rtt_seconds=0.0002,
        age_seconds=1.0,
        via="probe",
        drift_ppm=7.5,
    )
    told = word(SYNCHRONIZED, [pair], role="solver", probe_address="10.0.0.1:4044")
    [row] = tell_row(told)
    message = decode(encode(row))
    assert (message.command, message.destination, message.get("deliver")) == ("CLOCK_REPORT", "timekeeper", "all")
    read = msgspec.json.decode(message.get("report"), type=Local)
    assert read == told
    assert (read.role, read.probe_address, read.pairs) == ("solver", "10.0.0.1:4044", (pair,))


def test_in_a_large_cluster_those_that_solve_are_told():
    rows = tell_row(word(SYNCHRONIZED), ("beta", "gamma"))
    assert [(row.server, row.service) for row in rows] == [("beta", "timekeeper"), ("gamma", "timekeeper")]


def test_one_that_is_told_does_not_tell_itself():
    own = word(SYNCHRONIZED)
    assert [row.server for row in tell_row(own, (own.server, "gamma"))] == ["gamma"]


def test_what_external_servers_say_goes_with_it():
    agreed = Consensus(interval=Interval(-0.25, 0.75), agreeing=("192.0.2.9:123", "ntp1:123"), age_s=8.0)
    heard = describe_references(agreed, {"ntp2:123": "no answer" * 100})
    assert heard == References(0.25, 0.5, ("192.0.2.9:123", "ntp1:123"), (), heard.complaints, 8.0)
    assert len(heard.complaints["ntp2:123"]) == clock_bounds.COMPLAINT_CHARACTERS
    told = word(SYNCHRONIZED, references=heard, interval_s=30.0)
    assert (told.interval_seconds, told.heard) == (30.0, heard)


def test_servers_of_which_no_majority_agrees_are_told_all_the_same():
    heard = describe_references(Consensus(interval=None, falsetickers=("a:123",)), {"b:123": "no answer"})
    assert heard == References(falsetickers=("a:123",), complaints={"b:123": "no answer"})


def test_the_steps_of_a_clock():
    told = word(SYNCHRONIZED, steps={Direction.FORWARD: 2, Direction.BACKWARD: 1}, last_step=Step(-1_500_000_000, 1))
    assert (told.steps_total, told.steps, told.last_step_seconds) == (3, {"forward": 2, "backward": 1}, -1.5)


def test_readers_ignore_what_they_do_not_know():
    [message] = tell_row(word(NOBODY))
    row = json.loads(message.get("report")) | {"new": 1}
    row["claim"]["new"] = 1
    assert msgspec.json.decode(json.dumps(row), type=Local) == word(NOBODY)


def test_a_timekeeper_tells_no_more_than_others_take():
    names = tuple(map(str, range(2 * clock_bounds.HOSTS)))
    sources = tuple(Upstream(name, UpstreamState.COMBINED, reachable=True) for name in names)
    claim = Claim(state=ClaimState.SYNCHRONIZED, reasons=names, upstreams=names, sources=sources)
    who = About(
        server="alpha",
        boot_id="b007",
        life="1",
        seq=7,
        role="auto",
        away=names,
        suspects=names,
        found=dict.fromkeys(names, clocks.Found()),
    )
    heard = describe_references(Consensus(interval=None), {"ntp1": "x" * 2 * clock_bounds.COMPLAINT_CHARACTERS})
    told = describe_local(claim, SYNCHRONIZED, who, [Peer(name, 0.0, 0.0, 0.0, 0.0, "probe") for name in names], heard)
    told = msgspec.structs.replace(told, source_list=describe_sources(claim))
    assert msgspec.json.decode(msgspec.json.encode(told), type=Local) == told
    assert (len(told.claim.upstreams), len(told.pairs), len(told.found)) == (
        clock_bounds.UPSTREAMS,
        clock_bounds.HOSTS,
        clock_bounds.HOSTS,
    )
