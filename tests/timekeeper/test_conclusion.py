"""From a claim and a judgement to the flags that stand and the points of the history."""

import pytest

from communicator.answers.clocks import Point
from communicator.flags.catalogue import (
    CATALOGUE,
    CLOCK_CLUSTER_DRIFT,
    CLOCK_FALSE_CLAIM,
    CLOCK_NO_MAJORITY,
    CLOCK_OTHER_WRONG,
    CLOCK_UNSYNCHRONIZED,
    CLOCK_WRONG,
)
from tests.timekeeper.solution.clusters import claimed, mesh
from timekeeper.claim import Claim, ClaimState
from timekeeper.conclusion import FLAGS, describe_point, flags_to_raise, is_accused, verdict_on
from timekeeper.history import WRONG_TOLD
from timekeeper.solution import Judge, Patience, Verdict, solve

KEPT = Claim(state=ClaimState.SYNCHRONIZED, reasons=("chronyd keeps it",), bound_s=0.002)
UNKEPT = Claim(state=ClaimState.UNSYNCHRONIZED, reasons=("chronyd has selected no source",))
WITHOUT_DAEMON = Claim(state=ClaimState.UNSYNCHRONIZED, reasons=("no time daemon runs",), without_daemon=True)
UNKNOWN = Claim(state=ClaimState.UNKNOWN, reasons=("nothing answers",))


def judged(clocks, claims=(), bound_s=0.0001, others=()):
    judge = Judge(patience=Patience(bursts=1, grace_s=0.0))
    return judge.judge(solve(sorted({*clocks, *others}), mesh(clocks, bound_s), claims), 100.0)


def first_look(clocks, claims):
    return Judge().judge(solve(clocks, mesh(clocks), claims), 100.0)


GOOD = judged({"alpha": 0.0, "beta": 0.0, "gamma": 0.0})
ONE_OFF = judged({"alpha": 0.040, "beta": 0.0, "gamma": 0.0})
LIES = (
    {"alpha": 0.0401, "beta": 0.0, "gamma": 0.0001},
    [claimed("alpha"), claimed("beta"), claimed("gamma"), claimed("delta")],
)
LIAR = judged(*LIES)
OTHERS_OFF = judged({"alpha": 0.0, "beta": 0.0, "gamma": 0.0, "delta": 0.040, "epsilon": -3.0})
MAYBE_OFF = Judge().judge(solve("abcd", mesh({"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.040}), []), 100.0)
DIVIDED = judged({"alpha": 0.0, "beta": 1.5, "gamma": 3.0})
NEW = ("delta", "epsilon", "zeta")
MOST_ARE_NEW = judged({"alpha": 0.0, "beta": 1.5, "gamma": 3.0}, [claimed(name) for name in NEW], others=NEW)
TWO = judged({"alpha": 0.0, "beta": 1.5})
ALL_OFF = judged(
    {"alpha": 0.100, "beta": 0.100, "gamma": 0.0, "delta": 0.100, "epsilon": 0.0},
    [claimed("gamma"), claimed("epsilon")],
)

CASES = {
    "all is well": (KEPT, GOOD, {}),
    "nothing is judged": (KEPT, None, {}),
    "this host is not among those judged": (KEPT, judged({"beta": 0.0, "gamma": 9.0}), {}),
    "its claim was refuted once, which is no proof yet": (KEPT, first_look(*LIES), {}),
    "nobody keeps it": (UNKEPT, None, {CLOCK_UNSYNCHRONIZED: "chronyd has selected no source"}),
    "nobody was to keep it": (WITHOUT_DAEMON, GOOD, {}),
    "nobody knows": (UNKNOWN, GOOD, {}),
    "it is wrong": (KEPT, ONE_OFF, {CLOCK_WRONG: "40 ms ahead of 2 of 3 hosts (±100 µs)"}),
    "it is wrong and not kept": (UNKEPT, ONE_OFF, {CLOCK_UNSYNCHRONIZED: "chronyd", CLOCK_WRONG: "40 ms ahead"}),
    "its claim is false": (
        KEPT,
        LIAR,
        {CLOCK_WRONG: "ahead", CLOCK_FALSE_CLAIM: "chronyd claims ±2 ms but the clock is"},
    ),
    "others are wrong": (KEPT, OTHERS_OFF, {CLOCK_OTHER_WRONG: "delta, epsilon"}),
    "others may be wrong": (KEPT, MAYBE_OFF, {}),
    "no majority": (KEPT, DIVIDED, {CLOCK_NO_MAJORITY: "no majority among 3 hosts"}),
    "of two nobody can tell": (KEPT, TWO, {}),
    "most were not measured yet": (KEPT, MOST_ARE_NEW, {}),
    "all are off": (KEPT, ALL_OFF, {CLOCK_CLUSTER_DRIFT: "the cluster as a whole is 100 ms ahead of true time"}),
}


@pytest.mark.parametrize(("claim", "judgement", "flags"), CASES.values(), ids=CASES)
def test_which_flags_stand(claim, judgement, flags):
    raised = flags_to_raise("alpha", claim, judgement, is_unkept=claim is UNKEPT)
    assert raised.keys() == flags.keys()
    for flag, reason in flags.items():
        assert reason in raised[flag]


def test_what_has_not_lasted_yet_and_what_has_just_ended():
    assert flags_to_raise("alpha", UNKEPT, None) == {}
    assert flags_to_raise("alpha", KEPT, None, is_unkept=True) == {
        CLOCK_UNSYNCHRONIZED: "until just now; chronyd keeps it"
    }


def test_every_flag_is_one_of_ours():
    assert set(FLAGS) == {declared for declared in CATALOGUE if declared.name.unit == "timekeeper"}


def test_a_verdict_without_reasons_says_where_to_look():
    bare = Judge(patience=Patience(bursts=1, grace_s=0.0)).judge(DIVIDED.solution, 0.0)
    bare = type(bare)(hosts=bare.hosts, reasons=(), solution=bare.solution)
    assert flags_to_raise("alpha", KEPT, bare) == {CLOCK_NO_MAJORITY: "see 'bellwether clock'"}


@pytest.mark.parametrize(
    ("host", "judgement", "verdict", "accused"),
    [
        ("alpha", ONE_OFF, Verdict.WRONG, True),
        ("beta", ONE_OFF, Verdict.OK, False),
        ("delta", ONE_OFF, None, False),
        ("alpha", None, None, False),
    ],
)
def test_who_is_accused(host, judgement, verdict, accused):
    found = verdict_on(host, judgement)
    assert (found and found.verdict) == verdict
    assert is_accused(host, judgement) is accused


def test_a_point_of_a_solver():
    point = describe_point(12.5, "alpha", KEPT, ONE_OFF, steps=3)
    assert point == Point(
        at_seconds=12.5,
        state="synchronized",
        bound_seconds=0.002,
        verdict="wrong",
        offset_seconds=pytest.approx(0.04),
        hosts=3,
        agreeing=2,
        has_majority=True,
        spread_seconds=pytest.approx(0.04),
        wrong=("alpha",),
        steps_total=3,
    )


def test_a_point_of_an_agent():
    assert describe_point(12.5, "alpha", UNKNOWN, None, steps=0) == Point(
        at_seconds=12.5,
        state="unknown",
        bound_seconds=None,
        verdict=None,
        offset_seconds=None,
        hosts=0,
        agreeing=0,
        has_majority=None,
        spread_seconds=None,
        wrong=(),
        steps_total=0,
    )


def test_a_point_names_some_of_many():
    clocks = {f"good{number:02}": 0.0 for number in range(30)} | {
        f"wrong{number:02}": 1.0 + number for number in range(20)
    }
    wrong = describe_point(0.0, "good00", KEPT, judged(clocks), steps=0).wrong
    assert wrong == tuple(f"wrong{number:02}" for number in range(WRONG_TOLD))
