"""From a claim and what is held against hosts to the flags that stand, and to the points of the history."""

import pytest

from communicator.answers.clocks import Point
from communicator.flags.catalogue import (
    CLOCK_CLUSTER_DRIFT,
    CLOCK_CONTRADICTED,
    CLOCK_FALSE_CLAIM,
    CLOCK_NO_MAJORITY,
    CLOCK_OTHER_WRONG,
    CLOCK_STEPPED,
    CLOCK_UNSYNCHRONIZED,
    CLOCK_WRONG,
)
from tests.timekeeper.solution.clusters import mesh
from timekeeper.claim import Claim, ClaimState
from timekeeper.conclusion import describe_point, flags_to_raise, verdict_on
from timekeeper.held import Held
from timekeeper.history import WRONG_TOLD
from timekeeper.solution import Fault, Judge, Patience, Verdict, solve

KEPT = Claim(state=ClaimState.SYNCHRONIZED, reasons=("chronyd keeps it",), bound_s=0.002)
UNKEPT = Claim(state=ClaimState.UNSYNCHRONIZED, reasons=("chronyd has selected no source",))
UNKNOWN = Claim(state=ClaimState.UNKNOWN, reasons=("nothing answers",))


def judged(clocks):
    judge = Judge(patience=Patience(bursts=1, grace_s=0.0))
    return judge.judge(solve(clocks, mesh(clocks), ()), 100.0)


ONE_OFF = judged({"alpha": 0.040, "beta": 0.0, "gamma": 0.0})
OTHERS = ("delta", "epsilon")

CASES = {
    "all is well": (KEPT, Held(), {}),
    "nobody keeps it": (UNKEPT, Held(), {CLOCK_UNSYNCHRONIZED: "chronyd has selected no source"}),
    "it is wrong": (KEPT, Held({Fault.WRONG: "40 ms ahead"}), {CLOCK_WRONG: "40 ms ahead"}),
    "it is wrong and not kept": (
        UNKEPT,
        Held({Fault.WRONG: "40 ms ahead"}),
        {CLOCK_WRONG: "40 ms ahead", CLOCK_UNSYNCHRONIZED: "chronyd has selected no source"},
    ),
    "all that can be held against it": (
        KEPT,
        Held({fault: fault.value for fault in Fault}, OTHERS),
        {
            CLOCK_WRONG: "wrong",
            CLOCK_FALSE_CLAIM: "false_claim",
            CLOCK_CLUSTER_DRIFT: "cluster_off",
            CLOCK_CONTRADICTED: "contradicted",
            CLOCK_NO_MAJORITY: "no_majority",
        },
    ),
    "others are wrong": (KEPT, Held(wrong=OTHERS), {CLOCK_OTHER_WRONG: "delta, epsilon"}),
    "many others are wrong": (
        KEPT,
        Held(wrong=tuple(f"h{number:02}" for number in range(20))),
        {CLOCK_OTHER_WRONG: ", ".join(f"h{number:02}" for number in range(WRONG_TOLD))},
    ),
    "all are off, and others differ": (KEPT, Held({Fault.CLUSTER_OFF: "why"}, OTHERS), {CLOCK_CLUSTER_DRIFT: "why"}),
}


@pytest.mark.parametrize(("claim", "held", "flags"), CASES.values(), ids=CASES)
def test_which_flags_stand(claim, held, flags):
    assert flags_to_raise(claim, held, is_unkept=claim is UNKEPT) == flags


def test_what_has_not_lasted_yet_and_what_has_just_ended():
    assert flags_to_raise(UNKEPT, Held()) == {}
    assert flags_to_raise(KEPT, Held(), is_unkept=True) == {CLOCK_UNSYNCHRONIZED: "until just now; chronyd keeps it"}


def test_a_step():
    assert flags_to_raise(KEPT, Held(), stepped="set back by 3 s") == {CLOCK_STEPPED: "set back by 3 s"}


@pytest.mark.parametrize(
    ("host", "judgement", "verdict"),
    [
        ("alpha", ONE_OFF, Verdict.WRONG),
        ("beta", ONE_OFF, Verdict.OK),
        ("delta", ONE_OFF, None),
        ("alpha", None, None),
    ],
)
def test_the_verdict_on_a_host(host, judgement, verdict):
    found = verdict_on(host, judgement)
    assert (found and found.verdict) == verdict


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


@pytest.mark.parametrize(
    ("held", "verdict", "wrong"),
    [
        (Held({Fault.WRONG: "40 ms ahead", Fault.NO_MAJORITY: "camps"}, ("beta",)), "wrong", ("alpha", "beta")),
        (Held({Fault.NO_MAJORITY: "camps"}), "no_majority", ()),
        (Held({Fault.CONTRADICTED: "by beta"}, ("zeta",)), None, ("zeta",)),
        (
            Held(wrong=tuple(f"h{number:02}" for number in range(20))),
            None,
            tuple(f"h{n:02}" for n in range(WRONG_TOLD)),
        ),
    ],
)
def test_a_point_of_an_agent_tells_what_those_hold_that_solve(held, verdict, wrong):
    point = describe_point(12.5, "alpha", KEPT, None, 0, held)
    assert (point.verdict, point.wrong, point.has_majority) == (verdict, wrong, None)


def test_a_point_names_some_of_many():
    clocks = {f"good{number:02}": 0.0 for number in range(30)} | {
        f"wrong{number:02}": 1.0 + number for number in range(20)
    }
    wrong = describe_point(0.0, "good00", KEPT, judged(clocks), steps=0).wrong
    assert wrong == tuple(f"wrong{number:02}" for number in range(WRONG_TOLD))
