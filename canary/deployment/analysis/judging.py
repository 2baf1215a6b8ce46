"""PURE: what the measurements of one check come to: value and limit, or since when there is nothing to go by."""

import math

import msgspec

from canary.deployment.analysis.expression import parse_condition
from canary.deployment.analysis.queries import queries_of
from canary.deployment.analysis.share import ShareEvidence
from canary.deployment.spec import SINCE, Check
from communicator.answers.deployments import ShownCheck, Verdict
from communicator.wording.spans import span

WATCH_LOG10, BAD_LOG10 = 2.0, 3.0
"""Evidence from which on a version is watched, and from which on it is bad: 1 in 100 and 1 in 1,000 good ones come so far, ever."""
SLACK_PART, SLACK = 1.05, 1.0
"""So many more failures than events are still the same ones, counted at another moment, or extrapolated by the metric server."""
LARGEST_COUNT = 2.0**53
"""Beyond it a float does not count one by one."""
MISSED_TURNS = 3
STALL_S = 60.0
"""A check that was not looked at for so many intervals and so long tells nothing about now."""
QUERY_CHARACTERS = 120
_OR_ZERO = " (where none may have been counted yet, Prometheus takes `or vector(0)`)"


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One look at the metric of a check; all numbers None: there was nothing to see."""

    name: str
    """Of the check."""
    at_s: float
    """When, on the canary's clock."""
    events: float | None = None
    """How many there were in all,"""
    failures: float | None = None
    """and how many of them failed."""
    value: float | None = None
    """In place of these: one number."""
    error: str = ""
    """Why there is no answer, where that is the fault of the check or of who was to answer, and not of the version."""


class CheckState:
    """A check while a version is tried.

    Args:
        check: What its file says.
        among: How many checks count events: with m of them each needs m times the evidence, so that all together accuse no more
            good versions than one would, whatever they have to do with each other.
    """

    def __init__(self, check: Check, among: int = 1) -> None:
        self._check = check
        self._evidence = ShareEvidence(check.limit)
        self._success, self._failure = (
            None if text is None else parse_condition(text) for text in (check.success, check.failure)
        )
        self._harder_log10 = math.log10(max(1, among))
        self._counts_since = check.events is not None and SINCE in check.events
        self._base = (0.0, 0.0) if self._counts_since else None
        self._value = math.nan
        self._samples = 0
        self._looked_s: float | None = None
        self._hold: tuple[Verdict, str] | None = ("no_data", "it was not looked at yet")
        self._hold_since_s: float | None = None

    def add(self, measured: Measured) -> None:
        """Take note of one look; they come in the order of time."""
        self._looked_s = measured.at_s
        hold = self._hold_of(measured)
        if hold is None:
            self._hold_since_s = None
        elif self._hold_since_s is None:
            self._hold_since_s = measured.at_s
        self._hold = hold

    def verdict(self, now_s: float) -> ShownCheck:
        """What all of it comes to; `error` and `no_data` hold a deployment and blame nobody."""
        verdict, value, limit = self._counted() if self._check.events is not None else self._valued()
        held, text = self._held(now_s), ""
        if held is not None:
            text = f"{held[1]}; "
            verdict = verdict if self._check.events is not None and verdict in ("watch", "bad") else held[0]
        elif verdict == "no_data":
            text = "no events yet; "
        looked = "" if self._looked_s is None else f", the last one {span(now_s - self._looked_s)} ago"
        samples = f"{self._samples} measurement{'' if self._samples == 1 else 's'}{looked}"
        text = f"{text}{samples}; {asked(self._check)}"
        return ShownCheck(name=self._check.name, verdict=verdict, value=value, limit=limit, text=text)

    def _hold_of(self, measured: Measured) -> tuple[Verdict, str] | None:
        """What is wrong with a look; None: nothing, and it counts now."""
        if measured.error:
            return "error", measured.error
        fields = ("events", "failures") if self._check.events is not None else ("value",)
        numbers = [getattr(measured, field) for field in fields]
        for field, number in zip(fields, numbers, strict=True):
            if number is None:
                return "no_data", f"no number for {field}{_OR_ZERO if field == 'failures' else ''}"
            if not math.isfinite(number):
                return "no_data", f"{field} is {number}"
        if len(fields) > 1:
            return self._count(*numbers)
        [self._value] = numbers
        self._samples += 1
        return None

    def _count(self, events: float, failures: float) -> tuple[Verdict, str] | None:
        strange = next((number for number in (events, failures) if not 0 <= number <= LARGEST_COUNT), None)
        if strange is not None:
            return "error", f"{strange:g} is no count"
        base = self._base
        if base is None or (not self._counts_since and (events < base[0] or failures < base[1])):
            self._base = (events, failures)  # what was before; or a process was started again, and begins anew
            self._samples += 1
            return None
        new, failed = events - base[0], failures - base[1]
        if failed > new * SLACK_PART + SLACK:
            return "error", f"{failed:g} failures of {new:g} events: these queries do not count the same thing"
        self._samples += 1
        if new > 0 and failed >= 0:  # else what is extrapolated went down a little: it is no news
            self._base = (events, failures)
            self._evidence.add(new, min(failed, new))
        return None

    def _held(self, now_s: float) -> tuple[Verdict, str] | None:
        if self._hold is not None:
            verdict, why = self._hold
            since = "" if self._hold_since_s is None else f"for {span(now_s - self._hold_since_s)}: "
            return verdict, f"{'no answer' if verdict == 'error' else 'no data'} {since}{why}"
        if self._looked_s is not None and now_s - self._looked_s > MISSED_TURNS * self._check.interval + STALL_S:
            return "no_data", f"it was not looked at for {span(now_s - self._looked_s)}"
        return None

    def _counted(self) -> tuple[Verdict, str, str]:
        events, failures, log10_e = self._evidence.events, self._evidence.failures, self._evidence.log10_e
        watch, bad = WATCH_LOG10 + self._harder_log10, BAD_LOG10 + self._harder_log10
        limit = f"{self._check.limit:.3g} of them; watch from evidence 10^{watch:.1f}, bad from 10^{bad:.1f}"
        if not events:
            return "no_data", "", limit
        verdict: Verdict = "bad" if log10_e >= bad else "watch" if log10_e >= watch else "ok"
        value = f"{failures:.0f} of {events:.0f} failed ({failures / events:.3g}), evidence 10^{log10_e:.1f}"
        return verdict, value, limit

    def _valued(self) -> tuple[Verdict, str, str]:
        """What is neither good nor bad pauses, whatever the file says of failures."""
        conditions = {"good": self._check.success, "bad": self._check.failure}
        limit = ", ".join(f"{word} {condition}" for word, condition in conditions.items() if condition)
        if not self._samples:
            return "no_data", "", limit
        fails = self._failure is not None and self._failure(self._value)
        succeeds = self._success is None or self._success(self._value)
        verdict: Verdict = "ok" if succeeds and not fails else "watch"
        if self._check.on_failure == "abort" and (fails or (self._failure is None and not succeeds)):
            verdict = "bad"
        return verdict, f"{self._value:.6g}", limit


def asked(check: Check) -> str:
    """Who is asked what, for people."""
    who = f"{check.provider} {check.server}" if check.server else check.provider
    return f"{who}: {' of '.join(map(_short, queries_of(check)))}"


def _short(query: str) -> str:
    return query if len(query) <= QUERY_CHARACTERS else f"{query[: QUERY_CHARACTERS - 1]}…"
