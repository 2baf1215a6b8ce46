"""PURE: whether this host's clock is true enough to start what needs it; it asks nobody, and waits for nothing."""

import re

from bellwether.clock_report import Claim, Report
from bellwether.status import duration


def shortfall(report: Report, bound_s: float | None) -> str:
    """Why this host's clock is not good enough yet; empty when it is.

    Args:
        report: What its timekeeper tells.
        bound_s: It must be off by no more than this; None: its being synchronized is enough.
    """
    claim = report.local.claim
    if claim.state != "synchronized":
        return _with_reason(f"the clock is {claim.state}", claim.reasons)
    accused = _accusation(report)
    return accused or ("" if bound_s is None else _too_wide(claim, bound_s))


def _accusation(report: Report) -> str:
    """What the others found, if they found this clock wrong, whatever its daemon says."""
    own = next((host for host in report.hosts if host.host == report.local.server), None)
    if not report.solved or own is None:
        return ""
    if own.verdict == "wrong":
        return _with_reason("the other hosts find the clock wrong", own.reasons)
    if own.claim_holds is False:
        return _with_reason("the clock is said to be synchronized, which is false", own.reasons)
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
