"""What other hosts say: taken when it is theirs, new and in order; worth less the older it is."""

import json
from dataclasses import replace

import msgspec
import pytest

from communicator.protocol import HostPort, Message
from communicator.protocol.limits import LINE_BYTES
from tests.timekeeper.cluster.words import CLAIM, pair, row, word_of
from timekeeper.cluster.rows import FORGOTTEN_S, HOSTS, PAIRS_A_ROW, Rows, claim_of, measurements_of
from timekeeper.solution import HostClaim, Measurement

BETA = HostClaim(
    host="beta",
    state="synchronized",
    offset_s=0.0001,
    bound_s=0.002,
    daemon="chronyd",
    upstreams=frozenset({"192.0.2.1"}),
    leap="normal",
    smear=None,
    age_s=1.0,
    boot_id="boot",
)
BETA_TO_GAMMA = Measurement(
    source="beta", target="gamma", offset_s=0.25, bound_s=0.0001, rtt_s=0.0002, age_s=1.0, via="probe", drift_ppm=7.5
)


@pytest.fixture
def rows():
    return Rows()


def test_nobody_has_spoken(rows):
    assert (len(rows), rows.hosts, rows.claims(0.0), rows.measurements(0.0)) == (0, frozenset(), [], [])


def test_a_word_is_taken(rows):
    assert rows.hear(row(word_of("beta", pair("gamma", 0.25, drift_ppm=7.5))), 100.0) == ""
    assert (len(rows), rows.hosts, rows.refused) == (1, {"beta"}, 0)
    assert rows.claim_reports() == {"beta": CLAIM}
    assert rows.claims(100.0) == [BETA]
    assert rows.measurements(100.0) == [BETA_TO_GAMMA]


def test_it_grows_old(rows):
    rows.hear(row(word_of("beta", pair("gamma", 0.25, drift_ppm=7.5))), 100.0)
    assert rows.claims(110.0) == [replace(BETA, age_s=11.0, bound_s=pytest.approx(0.0025))]
    assert rows.measurements(110.0) == [replace(BETA_TO_GAMMA, age_s=11.0, bound_s=pytest.approx(0.0011))]


@pytest.mark.parametrize(("later_s", "hosts"), [(FORGOTTEN_S, {"beta"}), (FORGOTTEN_S + 0.1, set())])
def test_and_is_forgotten(rows, later_s, hosts):
    rows.hear(row(word_of("beta")), 100.0)
    rows.forget(100.0 + later_s)
    assert rows.hosts == hosts


def test_a_claim_that_tells_no_age():
    assert claim_of(word_of("beta", claim=msgspec.structs.replace(CLAIM, age_seconds=None))).age_s == 0.0


NOT_A_ROW = {
    "nothing": ("", "beta", "Input data was truncated"),
    "no JSON": ("{", "beta", "Input data was truncated"),
    "not an object": ("[]", "beta", "Expected `object`, got `array`"),
    "no claim": ('{"server":"beta","boot_id":"","seq":1,"role":"agent"}', "beta", "missing required field `claim`"),
    "a lone surrogate": ('"\ud800"', "beta", "surrogates not allowed"),
    "NaN": (
        '{"server":"beta","boot_id":"","seq":1,"role":"agent","claim":{"state":"unknown","bound_seconds":NaN}}',
        "beta",
        "JSON is malformed",
    ),
    "infinite": (
        '{"server":"beta","boot_id":"","seq":1,"role":"agent","claim":{"state":"unknown","bound_seconds":1e400}}',
        "beta",
        "Number out of range",
    ),
    "a daemon with an endless name": (
        json.dumps(
            {
                "server": "beta",
                "boot_id": "",
                "seq": 1,
                "role": "agent",
                "claim": {"state": "unknown", "daemon": "d" * 65},
            }
        ),
        "beta",
        "length <= 64",
    ),
    "of another host": (word_of("gamma"), "beta", "it is of 'gamma', and comes from 'beta'"),
    "of nobody": (word_of(""), "", "it is of '', and comes from ''"),
    "too long": (" " * (LINE_BYTES + 1), "beta", f"{LINE_BYTES + 1} characters, more than {LINE_BYTES}"),
}


@pytest.mark.parametrize(("report", "sender", "reason"), NOT_A_ROW.values(), ids=NOT_A_ROW)
def test_what_is_not_taken(rows, report, sender, reason):
    fault = rows.hear(row(report, sender), 0.0)
    assert fault.startswith("parameter report: ")
    assert reason in fault
    assert (len(rows), rows.refused) == (0, 1)


def test_a_message_without_a_report(rows):
    assert rows.hear(Message("CLOCK_REPORT", sent_from_server="beta"), 0.0).startswith("parameter report: ")


FOLLOWING = {  # what comes after number 7 of a life of a boot
    "the next": ({"seq": 8}, ""),
    "the same again": ({"seq": 7}, "number 7 comes after number 7"),
    "one that was overtaken": ({"seq": 6}, "number 6 comes after number 7"),
    "of a timekeeper that started anew": ({"seq": 1, "life": "other"}, ""),
    "of a host that booted anew": ({"seq": 1, "boot_id": "other"}, ""),
}


@pytest.mark.parametrize(("changes", "reason"), FOLLOWING.values(), ids=FOLLOWING)
def test_the_order_of_words(rows, changes, reason):
    rows.hear(row(word_of("beta", seq=7)), 0.0)
    fault = rows.hear(row(word_of("beta", **changes)), 500.0)
    assert (reason in fault) if reason else not fault
    assert rows.refused == bool(reason)
    rows.forget(FORGOTTEN_S + 1.0)
    assert rows.hosts == (set() if reason else {"beta"}), "what was refused does not make it younger"


def test_too_many_hosts(rows):
    for number in range(HOSTS):
        assert rows.hear(row(word_of(f"host{number}")), 0.0) == ""
    assert rows.hear(row(word_of("beta")), 0.0) == f"more than {HOSTS} hosts report their clocks"
    assert rows.hear(row(word_of("host7", seq=2)), 0.0) == ""
    assert (len(rows), rows.refused) == (HOSTS, 1)


def test_too_many_pairs():
    assert len(list(measurements_of(word_of("beta", *[pair("gamma")] * (PAIRS_A_ROW + 1))))) == PAIRS_A_ROW


def test_where_hosts_answer_probes(rows):
    told = {"beta": "10.0.0.2:4044", "gamma": "", "delta": "[fd00::4]:4044", "epsilon": "nonsense", "zeta": "10.0.0.6"}
    for host, address in told.items():
        rows.hear(row(word_of(host, probe_address=address)), 0.0)
    assert rows.answering(80.0, 80.0) == {"beta": HostPort("10.0.0.2", 4044), "delta": HostPort("fd00::4", 4044)}
    assert rows.answering(80.1, 80.0) == {}, "who is silent for so long is measured in another way"
