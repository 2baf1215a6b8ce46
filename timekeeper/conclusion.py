"""PURE: what follows from a claim and a judgement: the word for the router, and which flags stand; it raises none itself."""

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
from communicator.flags.flag import FlagName
from timekeeper.claim import Claim, ClaimState
from timekeeper.held import Held
from timekeeper.history import WRONG_TOLD
from timekeeper.solution import Fault, HostVerdict, Judgement

_OF_FAULTS = {
    Fault.WRONG: CLOCK_WRONG,
    Fault.FALSE_CLAIM: CLOCK_FALSE_CLAIM,
    Fault.CLUSTER_OFF: CLOCK_CLUSTER_DRIFT,
    Fault.CONTRADICTED: CLOCK_CONTRADICTED,
    Fault.NO_MAJORITY: CLOCK_NO_MAJORITY,
}


def verdict_on(host: str, judgement: Judgement | None) -> HostVerdict | None:
    """What is held against one host; None where nothing was judged."""
    if judgement is None:
        return None
    return next((verdict for verdict in judgement.hosts if verdict.host == host), None)


def flags_to_raise(claim: Claim, held: Held, *, is_unkept: bool = False, stepped: str = "") -> dict[FlagName, str]:
    """Which flags stand on a host; each speaks of that host's own clock, or of what it sees of the cluster.

    Args:
        claim: What it says of its own clock.
        held: What is held against it and others.
        is_unkept: Whether its clock has been kept by nobody for long enough (`timekeeper.unkept`).
        stepped: How its clock was set lately (`timekeeper.recent_step`); empty where it was not.

    Returns:
        Each flag, with the reason that its message tells. No other flag of the timekeeper stands.
    """
    raised = {_OF_FAULTS[fault]: reason for fault, reason in held.reasons.items()}
    if stepped:
        raised[CLOCK_STEPPED] = stepped
    if is_unkept:
        until = "" if claim.state is ClaimState.UNSYNCHRONIZED else "until just now; "
        raised[CLOCK_UNSYNCHRONIZED] = until + claim.reasons[0]
    if held.wrong and Fault.CLUSTER_OFF not in held.reasons:  # whoever differs from such a majority may be right
        raised[CLOCK_OTHER_WRONG] = ", ".join(held.wrong[:WRONG_TOLD])
    return raised


def describe_point(
    at_s: float, host: str, claim: Claim, judgement: Judgement | None, steps: int, held: Held | None = None
) -> Point:
    """One moment, for the history.

    Args:
        at_s: By this host's wall clock, in seconds since the epoch.
        host: This host.
        claim: What it says of its own clock.
        judgement: What was concluded of all; None where nothing was.
        steps: How often its clock has been set.
        held: What is held against it and others, where nothing was concluded here.
    """
    if judgement is None:
        return _repeat_point(at_s, host, claim, steps, held or Held())
    verdict, solution = verdict_on(host, judgement), judgement.solution
    return Point(
        at_seconds=at_s,
        state=claim.state.value,
        bound_seconds=claim.bound_s,
        verdict=None if verdict is None else verdict.verdict.value,
        offset_seconds=None if verdict is None else verdict.solved.offset_s,
        hosts=solution.measured,
        agreeing=solution.agreeing,
        has_majority=solution.has_majority,
        spread_seconds=solution.spread_s,
        wrong=judgement.wrong[:WRONG_TOLD],
        steps_total=steps,
    )


def _repeat_point(at_s: float, host: str, claim: Claim, steps: int, held: Held) -> Point:
    wrong = sorted({*held.wrong, host} if Fault.WRONG in held.reasons else held.wrong)
    verdicts = (fault.value for fault in (Fault.WRONG, Fault.NO_MAJORITY) if fault in held.reasons)
    return Point(
        at_seconds=at_s,
        state=claim.state.value,
        bound_seconds=claim.bound_s,
        verdict=next(verdicts, None),
        wrong=tuple(wrong[:WRONG_TOLD]),
        steps_total=steps,
    )
