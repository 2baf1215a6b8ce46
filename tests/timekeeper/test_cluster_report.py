"""What a solver tells: every number where readers look for it, and never more than goes into a line."""

import json
import random
from collections import defaultdict

import msgspec
import pytest
from msgspec.structs import replace

from communicator.answers.clocks import ClockReport, Found, Host, Pair, References
from communicator.protocol import Message, decode, encode
from communicator.protocol.limits import LINE_BYTES_SENT, TOKEN_CHARACTERS
from tests.timekeeper.cluster.words import CLAIM, pair, row, word_of
from tests.timekeeper.solution.clusters import claimed, mesh
from tests.timekeeper.test_history import day
from timekeeper.cluster.rows import Rows
from timekeeper.cluster_report import (
    CONTRADICTIONS,
    REASON_CHARACTERS,
    REPORT_BYTES,
    answer_solution,
    describe_solution,
    repeat_solution,
)
from timekeeper.history import tell_history
from timekeeper.probes.overlay import choose_pairs
from timekeeper.solution import Electors, Judge, Patience, Thresholds, solve
from timekeeper.solver import Solver
from timekeeper.wire_size import wire_bytes

LOCAL = word_of("alpha")
HEARD = References(0.0005, 0.0015, ("a:123", "b:123"), ("c:123",), {"d:123": "no answer"}, 3.0)


def judged(clocks, claims=(), measurements=None, hosts=(), electors=None):
    judge = Judge(patience=Patience(bursts=1, grace_s=0.0))
    measurements = mesh(clocks) if measurements is None else measurements
    return judge.judge(solve(sorted({*clocks, *hosts}), measurements, claims, electors=electors), 100.0)


def describe(judgement, local=LOCAL, claims=None, unanswered=(), references=None):
    return describe_solution(
        local,
        judgement,
        claims=claims or {},
        unanswered=unanswered,
        thresholds=Thresholds(),
        references=references or {},
        age_s=2.5,
    )


def told(judgement, **others):
    message = answer_solution(describe(judgement, **others))
    assert message.command == "CLOCK_CURRENT_REPORT"
    assert decode(encode(message)) == message
    assert msgspec.json.decode(message.get("report"), type=ClockReport)
    return json.loads(message.get("report"))


ONE_OFF = judged({"alpha": 0.0, "beta": 0.040, "gamma": 0.0}, [claimed("alpha"), claimed("gamma")])


def test_a_cluster():
    report = told(ONE_OFF, claims={"alpha": CLAIM})
    assert report.keys() == {
        *(
            "local",
            "solved",
            "age_seconds",
            "held",
            "hosts",
            "pairs",
            "has_majority",
            "agreeing",
            "voters",
            "sources_independent",
            "reference",
            "spread_seconds",
        ),
        *("residual_seconds", "cluster_off", "contradictions", "camps", "thresholds", "references_by_host", "reasons"),
        *("pairs_omitted", "claims_shortened", "claims_omitted"),
    }
    assert report["local"] == json.loads(msgspec.json.encode(LOCAL))
    assert (report["solved"], report["age_seconds"]) == (True, 2.5)
    assert (report["has_majority"], report["agreeing"], report["reference"]) == (True, 2, ONE_OFF.solution.reference)
    assert report["spread_seconds"] == pytest.approx(0.04)
    assert report["residual_seconds"] < 1e-6
    assert report["thresholds"] == {"warn_seconds": 0.005, "critical_seconds": 0.05}
    assert (report["cluster_off"], report["contradictions"], report["references_by_host"], report["reasons"]) == (
        False,
        [],
        {},
        [],
    )
    assert (report["voters"], report["sources_independent"]) == (3, 2)
    most, rest = report["camps"]
    assert (most["hosts"], most["offset_seconds"]) == (["alpha", "gamma"], 0.0)
    assert rest == {
        "hosts": ["beta"],
        "offset_seconds": pytest.approx(0.04),
        "bound_seconds": pytest.approx(ONE_OFF.solution.camps[1].bound_s),
    }
    assert (report["pairs_omitted"], report["claims_shortened"], report["claims_omitted"]) == (0, False, 0)


def test_before_anything_was_measured_nothing_is_known_of_the_cluster():
    report = told(judged({"alpha": 0.0, "beta": 0.0}, measurements=[]))
    assert (report["has_majority"], report["spread_seconds"], report["agreeing"], report["camps"]) == (
        None,
        None,
        0,
        [],
    )


def test_a_host():
    alpha, beta, _ = told(ONE_OFF, claims={"alpha": CLAIM})["hosts"]
    assert alpha["claim"] == json.loads(msgspec.json.encode(CLAIM)) | {"offset_seconds": 0.0}, "as it was judged"
    assert (alpha["verdict"], alpha["claim_holds"]) == ("ok", True)
    assert alpha["true_bound_seconds"] > 0
    assert beta["reasons"][0].startswith("40 ms ahead of 2 of 3 hosts")
    del beta["reasons"], beta["true_offset_seconds"], beta["true_bound_seconds"]
    assert beta == {
        "host": "beta",
        "offset_seconds": pytest.approx(0.04),
        "bound_seconds": pytest.approx(0.0001, rel=0.1),
        "verdict": "wrong",
        "critical": False,
        "compared_with": "majority",
        "standing": "",
        "faults": ["wrong"],
        "contradicted_by": "",
        "off": False,
        "drift_ppm": None,
        "seconds_to_threshold": 0.0,
        "age_seconds": 1.0,
        "claim": None,
        "claim_holds": None,
    }


@pytest.mark.parametrize(
    ("age_s", "interval_s", "is_told"), [(29.0, 10.0, False), (70.0, 10.0, True), (70.0, 30.0, False)]
)
def test_a_host_that_has_not_answered_for_three_rounds(age_s, interval_s, is_told):
    clocks = dict.fromkeys(("alpha", "beta", "gamma"), 0.0)
    rows = [*mesh(dict.fromkeys(("alpha", "beta"), 0.0)), *mesh(clocks, pairs=[("beta", "gamma")], age_s=age_s)]
    local = word_of("alpha", interval_seconds=interval_s)
    [*_, gamma] = told(judged(clocks, measurements=rows), local=local)["hosts"]
    assert ("no answer for 70 s: a step of its clock since then is not known" in gamma["reasons"]) is is_told


def test_pairs():
    report = told(judged({"alpha": 0.0, "beta": 0.25}, hosts=["gamma"]), unanswered=["gamma"])
    unknown = dict.fromkeys(["offset_seconds", "bound_seconds", "rtt_seconds", "age_seconds", "via", "drift_ppm"])
    assert report["pairs"] == [
        {
            "from": "alpha",
            "to": "beta",
            "offset_seconds": 0.25,
            "bound_seconds": 0.0001,
            "rtt_seconds": 0.0002,
            "age_seconds": 1.0,
            "via": "probe",
            "drift_ppm": None,
        },
        {"from": "alpha", "to": "gamma"} | unknown,
    ]


def test_references():
    report = told(ONE_OFF, references={"alpha": HEARD, "gamma": References()})
    assert report["references_by_host"] == {
        "alpha": json.loads(msgspec.json.encode(HEARD)),
        "gamma": json.loads(msgspec.json.encode(References())),
    }


def test_why_a_host_does_not_count():
    counting = frozenset(("alpha", "beta"))
    electors = Electors(counting, 4, vouched_by_one=frozenset(("gamma",)), not_watched=frozenset(("omega",)))
    report = told(judged(dict.fromkeys(("alpha", "beta", "gamma"), 0.0), hosts=["omega"], electors=electors))
    assert report["voters"] == 4
    assert {host["host"]: host["standing"] for host in report["hosts"]} == {
        "alpha": "",
        "beta": "",
        "gamma": "vouched_by_one",
        "omega": "not_watched",
    }


def test_contradictions_are_told_and_not_endlessly():
    clocks = {f"host{number:02}": 0.0 for number in range(20)}
    both = [*mesh(clocks), *mesh({name: number * 1.0 for number, name in enumerate(clocks)})]
    judgement = judged(clocks, measurements=both)
    assert len(judgement.solution.contradictions) > CONTRADICTIONS
    report = told(judgement)
    assert len(report["contradictions"]) == CONTRADICTIONS
    assert len(report["reasons"]) <= CONTRADICTIONS
    first = judgement.solution.contradictions[0]
    assert report["contradictions"][0] == {"hosts": list(first.hosts), "excess_seconds": first.excess_s}


def large_cluster(hosts, claim=CLAIM, spread_s=0.001, width=0):
    """As many hosts as a router remembers, each measured by its neighbours of the overlay."""
    dice = random.Random(5)
    names = [f"rack{number // 40:02}-host{number % 40:02}".ljust(width, "x") for number in range(hosts)]
    clocks = {name: dice.gauss(0, spread_s) for name in names}
    measured = defaultdict(list)
    for one, other in choose_pairs(names):
        offset_s = clocks[other] - clocks[one] + dice.gauss(0, 1e-6)
        drift_ppm = dice.gauss(0, 10)
        for source, target, sign in ((one, other, 1), (other, one, -1)):
            told_ = {"rtt_seconds": dice.uniform(0.0001, 0.0003), "age_seconds": dice.uniform(0, 10)}
            measured[source].append(pair(target, sign * offset_s, drift_ppm=sign * drift_ppm, **told_))
    rows = Rows()
    for name in names[1:]:
        assert rows.hear(row(word_of(name, *measured[name], claim=claim)), 0.0) == ""
    local = word_of(names[0], *measured[names[0]], claim=claim)
    judgement = Solver(Thresholds(), Patience(bursts=1, grace_s=0.0)).judge(local, rows, Electors.of(names), 0.5)
    return told(judgement, local=local, claims={**rows.said(), names[0]: local.claim}), local


def assert_it_fits(report):
    text = msgspec.json.encode(report)
    assert wire_bytes(text) <= REPORT_BYTES
    bad_day = tell_history(day(["n" * TOKEN_CHARACTERS] * 16))
    answer = Message("CLOCK_CURRENT_REPORT", {"report": text.decode(), "history": bad_day}, "x" * 128, "x" * 128)
    assert len(encode(answer)) < LINE_BYTES_SENT


def test_of_600_hosts_the_pairs_of_others_are_left_out():
    report, local = large_cluster(600)
    assert_it_fits(report)
    assert all(local.server in (pair["from"], pair["to"]) for pair in report["pairs"])
    assert {one.peer for one in local.pairs} <= {pair["to"] for pair in report["pairs"]}
    pairs = choose_pairs([host["host"] for host in report["hosts"]])
    assert report["pairs_omitted"] == 2 * len(pairs) - len(report["pairs"])
    assert report["hosts"][7]["claim"]["upstreams"] == list(CLAIM.upstreams)
    assert (report["claims_shortened"], report["claims_omitted"]) == (False, 0)


def test_of_1000_hosts_that_say_much_claims_are_shortened():
    wordy = msgspec.structs.replace(CLAIM, reasons=("because; " * 20,), upstreams=("192.0.2.1",) * 20)
    report, _ = large_cluster(1000, wordy)
    assert_it_fits(report)
    assert (len(report["hosts"]), report["claims_shortened"], report["claims_omitted"]) == (1000, True, 0)
    assert report["pairs_omitted"] > 5000
    claim = report["hosts"][7]["claim"]
    assert (claim["state"], claim["daemon"], claim["reasons"], claim["upstreams"]) == (
        "synchronized",
        "chronyd",
        [],
        [],
    )
    assert report["hosts"][7]["reasons"]


def test_of_1000_hosts_with_long_names_that_are_all_in_doubt_claims_are_left_out():
    report, _ = large_cluster(1000, spread_s=0.020, width=TOKEN_CHARACTERS)
    assert_it_fits(report)
    assert (len(report["hosts"]), report["claims_shortened"], report["claims_omitted"]) == (1000, True, 1000)
    assert {host["claim"] for host in report["hosts"]} == {None}
    assert {len(host["reasons"]) for host in report["hosts"]} == {1}
    assert max(len(host["reasons"][0]) for host in report["hosts"]) <= REASON_CHARACTERS


def test_of_more_hosts_than_there_can_be_the_shortest_is_sent_all_the_same():
    hosts = describe(ONE_OFF, claims={"alpha": CLAIM}).hosts * 1500
    message = answer_solution(msgspec.structs.replace(describe(ONE_OFF), hosts=hosts))
    assert wire_bytes(message.get("report").encode()) > REPORT_BYTES
    assert json.loads(message.get("report"))["claims_omitted"] == 1500


@pytest.mark.parametrize(("own_s", "theirs_s", "told_s"), [(0.0, 50.0, 50.0), (9.0, 0.0, 9.0), (0.0, None, 0.0)])
def test_who_repeats_tells_how_long_whoever_has_solved_accuses_nobody(own_s, theirs_s, told_s):
    solved = ClockReport(word_of("beta", grace_left_seconds=theirs_s), solved=True)
    held = Found(("contradicted",), ("why",))
    repeated = repeat_solution(solved, word_of("alpha", grace_left_seconds=own_s), held)
    assert (repeated.local, repeated.held) == (word_of("alpha", grace_left_seconds=told_s), held)


def test_who_repeats_adds_what_it_has_measured_itself():
    old, elsewhere = Pair("alpha", "beta", 0.5), Pair("beta", "gamma", 0.25)
    silent = Pair("alpha", "gamma")
    solved = ClockReport(word_of("beta"), solved=True, pairs=(old, elsewhere, silent), pairs_omitted=7)
    local = word_of("alpha", pair("beta", 0.125), pair("delta", 0.5))
    repeated = repeat_solution(solved, local, Found())
    assert [(one.from_, one.to, one.offset_seconds) for one in repeated.pairs] == [
        ("beta", "gamma", 0.25),
        ("alpha", "gamma", None),
        ("alpha", "beta", 0.125),
        ("alpha", "delta", 0.5),
    ]
    assert repeated.pairs_omitted == 6, "one of them was not told"
    assert repeat_solution(replace(solved, pairs_omitted=0), local, Found()).pairs_omitted == 0


def test_to_one_that_repeats_it_its_own_pairs_are_told_even_if_others_are_not():
    names = [f"h{number:04}" for number in range(1000)]
    hosts = tuple(Host(name, reasons=("x" * 60,)) for name in names)
    pairs = tuple(
        Pair(one, names[(number + step) % len(names)], 0.0, 0.0001, 0.0001, 1.0, "probe", 0.1)
        for number, one in enumerate(names)
        for step in range(1, 21)
    )
    report = ClockReport(word_of("h0000"), solved=True, hosts=hosts, pairs=pairs)
    told = msgspec.json.decode(answer_solution(report, "h0500").get("report"), type=ClockReport)
    for name in ("h0000", "h0500"):
        assert sum(name in (one.from_, one.to) for one in told.pairs) == 40
    assert told.pairs_omitted == len(pairs) - 80
