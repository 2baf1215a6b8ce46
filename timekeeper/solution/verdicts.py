"""PURE: one clock's verdict from what is true of it now; patience and memory are the judge's."""

from enum import StrEnum

from timekeeper.solution.solution import Basis, HostSolution


class Verdict(StrEnum):
    """Can this clock be trusted?"""

    OK = "ok"
    """Within the threshold, even if its offset is off by all of its bound."""
    SUSPECT = "suspect"
    """Neither proven."""
    WRONG = "wrong"
    """Beyond the threshold, even if its offset is off by all of its bound."""
    NO_MAJORITY = "no_majority"
    """Clocks differ and nobody can tell which is right, so nobody is accused."""
    UNKNOWN = "unknown"
    """It cannot be compared."""


DOUBTED = frozenset({Verdict.SUSPECT, Verdict.WRONG})

_WITHOUT_OFFSET = {
    Basis.NO_MAJORITY: Verdict.NO_MAJORITY,
    Basis.TOO_FEW: Verdict.UNKNOWN,
    Basis.APART: Verdict.UNKNOWN,
    Basis.UNMEASURED: Verdict.UNKNOWN,
}


def classify(host: HostSolution, limit_s: float, *, before: Verdict | None = None, clear_ratio: float = 1.0) -> Verdict:
    """Give a verdict.

    Args:
        host: What is true of its clock.
        limit_s: Beyond this it is wrong.
        before: Its last verdict.
        clear_ratio: A clock that was doubted is good within this part of the limit only.

    Returns:
        The verdict. ``wrong`` takes proof that it differs from most, and that external servers do not speak for it.
    """
    if host.offset_s is None or host.bound_s is None:
        return _WITHOUT_OFFSET[host.basis]
    away_s = abs(host.offset_s)
    accuse_s = limit_s * clear_ratio if before is Verdict.WRONG else limit_s
    if is_accusable(host) and away_s - host.bound_s > accuse_s:
        return Verdict.WRONG
    clear_s = limit_s * clear_ratio if before in DOUBTED else limit_s
    return Verdict.OK if away_s + host.bound_s < clear_s else Verdict.SUSPECT


def is_accusable(host: HostSolution) -> bool:
    """Whether its offset may be held against a host at all."""
    return host.is_outside and not host.is_backed
