"""PURE: whether this host's clock is true enough to start what needs it; it asks nobody, and waits for nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from communicator.answers.clocks import Claim, ClockReport, Found, Host
from communicator.wording.spans import duration

ACCUSED = 1
"""The clock is wrong, or what is claimed of it is false."""
UNDECIDED = 3
"""Hosts contradict each other, and nobody can tell who is right."""
NOT_YET = 75
"""It is not known yet, or not good enough yet (EX_TEMPFAIL of sysexits.h)."""
_NOT_COMPARED = "the clock is not compared with those of other hosts yet"
_NOBODY_CAN_TELL = "nobody can tell whether the clock is right"
_OBJECTIONS = {
    "wrong": ("the other hosts find the clock wrong", ACCUSED),
    "false_claim": ("what is claimed of the clock is false", ACCUSED),
    "cluster_off": ("external servers find this clock and most others off", UNDECIDED),
    "contradicted": (_NOBODY_CAN_TELL, UNDECIDED),
    "no_majority": (_NOBODY_CAN_TELL, UNDECIDED),
}
"""By fault, the gravest first."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a clock is not good enough."""

    reason: str
    exit_code: int
    """What the process ends with, if this is so when the time is over."""


def find_shortfall(report: ClockReport, bound_s: float | None, routers: int = 1) -> Shortfall | None:
    """Why this host's clock is not good enough now; None where it is.

    Args:
        report: What its timekeeper tells.
        bound_s: It must be off by no more than this; None: its being synchronized is enough.
        routers: How many its router knows, itself included, be they linked or not.
    """
    claim = report.local.claim
    own = next((host for host in report.hosts if host.host == report.local.server), Host(report.local.server))
    objection = _find_objection(own if report.solved else Host(own.host), report.held or Found())
    if objection:
        return objection
    if claim.state != "synchronized":
        return Shortfall(_with_reason(f"the clock is {claim.state}", claim.reasons), NOT_YET)
    doubt = _doubt(own, report, routers) or ("" if bound_s is None else _too_wide(claim, bound_s))
    return Shortfall(doubt, NOT_YET) if doubt else None


def _find_objection(own: Host, held: Found) -> Shortfall | None:
    """What speaks against this clock now, or has lasted, whatever its daemon says; the decisive reason of a host is its first."""
    seen, lasting = set(_faults_seen(own)), dict(zip(held.faults, held.reasons, strict=False))
    fault = next((fault for fault in _OBJECTIONS if fault in {*seen, *own.faults, *held.faults}), None)
    if fault is None:
        return None
    text, exit_code = _OBJECTIONS[fault]
    reasons = own.reasons if fault in seen or fault not in lasting else (lasting[fault],)
    return Shortfall(_with_reason(text, reasons), exit_code)


def _faults_seen(own: Host) -> Iterator[str]:
    """What is seen at this moment, be it that it lasts or not."""
    if own.verdict in ("wrong", "no_majority"):
        yield own.verdict
    if own.claim_holds is False:
        yield "false_claim"
    if own.off:
        yield "cluster_off"
    if own.contradicted_by:
        yield "contradicted"


def _doubt(own: Host, report: ClockReport, routers: int) -> str:
    """Why the others do not find this clock right; empty where they do, or where they need not.

    After a start they have found nothing yet, or are not even linked, which is not good enough as long as they may. Where
    nobody at all compares clocks though there are others, it is never good enough.
    """
    has_others = max(len(report.host_names()), routers) > 1
    if not report.solved:
        return _NOT_COMPARED if has_others else ""
    if own.verdict == "suspect" and not own.claim_holds:
        return _with_reason("the other hosts doubt the clock", own.reasons)
    may_come = has_others and report.local.grace_left_seconds
    return _with_reason(_NOT_COMPARED, own.reasons) if own.verdict != "ok" and may_come else ""


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
