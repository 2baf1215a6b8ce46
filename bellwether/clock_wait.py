"""PURE: whether this host's clock is true enough to start what needs it; it asks nobody, and waits for nothing."""

import re

from communicator.answers.clocks import Claim, ClockReport, Host
from communicator.wording.spans import duration

_SOLVER = "solver"


def shortfall(report: ClockReport, bound_s: float | None, routers: int = 1) -> str:
    """Why this host's clock is not good enough yet; empty when it is.

    Args:
        report: What its timekeeper tells.
        bound_s: It must be off by no more than this; None: its being synchronized is enough.
        routers: How many its router knows, itself included, be they linked or not.
    """
    claim = report.local.claim
    if claim.state != "synchronized":
        return _with_reason(f"the clock is {claim.state}", claim.reasons)
    accused = _accusation(report, routers)
    return accused or ("" if bound_s is None else _too_wide(claim, bound_s))


def _accusation(report: ClockReport, routers: int) -> str:
    """What the others found, if they do not find this clock right, whatever its daemon says.

    After a start they have found nothing yet, or are not even linked, which is not good enough as long as they may.
    """
    own = next((host for host in report.hosts if host.host == report.local.server), Host(report.local.server))
    may_come = max(len(report.host_names()), routers) > 1 and report.local.grace_left_seconds
    if not report.solved:
        is_late = report.local.role == _SOLVER and may_come
        return "the clock is not compared with those of other hosts yet" if is_late else ""
    if own.verdict == "wrong":
        return _with_reason("the other hosts find the clock wrong", own.reasons)
    if own.claim_holds is False:
        return _with_reason("the clock is said to be synchronized, which is false", own.reasons)
    if own.verdict == "suspect" and not own.claim_holds:
        return _with_reason("the other hosts doubt the clock", own.reasons)
    if own.verdict != "ok" and may_come:
        return _with_reason("the clock is not compared with those of other hosts yet", own.reasons)
    return ""


def _too_wide(claim: Claim, bound_s: float) -> str:
    if claim.bound_seconds is None:
        return "the clock is synchronized, but how far it may be off is not known"
    if claim.bound_seconds > bound_s:
        return f"the clock may be off by {duration(claim.bound_seconds)}, {duration(bound_s)} are allowed"
    return ""


def _with_reason(text: str, reasons: tuple[str, ...]) -> str:
    return f"{text}: {reasons[0]}" if reasons else text


def gist(reason: str) -> str:
    """A reason without its numbers, which change all the time: what a person wants to hear of once."""
    return re.sub(r"[\d.,]+", "", reason)
