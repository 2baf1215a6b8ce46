"""PURE: offsets, verdicts and claims in the words of a screen, each with a mark that needs no colour; it asks nobody."""

import re
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from bellwether.clock_report import Camp, Claim
from bellwether.cluster import MARKS
from bellwether.status import duration

UNKNOWN_MARK = ("?", "yellow")
_VERDICTS = {"ok": MARKS["good"], "suspect": MARKS["doubtful"], "wrong": MARKS["bad"]}
_STATES = {"synchronized": MARKS["good"], "holdover": MARKS["doubtful"], "unsynchronized": MARKS["bad"]}


def mark_of_verdict(verdict: str) -> tuple[str, str]:
    """Its mark and colour; a verdict we do not know is as good as none."""
    return _VERDICTS.get(verdict, UNKNOWN_MARK)


def verdict_text(verdict: str) -> Text:
    """A verdict, such as ``✔ ok``."""
    return Text.assemble(mark_of_verdict(verdict), f" {verdict.replace('_', ' ')}")


def claim_text(claim: Claim, holds: bool | None) -> Text:  # noqa: FBT001 - it is what is shown
    """A claim in few words, such as ``✖ false: synchronized ± 2 ms``.

    Args:
        claim: What a host says of its own clock.
        holds: Whether that agrees with what was measured; None when nobody can tell.
    """
    mark = {True: MARKS["good"], False: MARKS["bad"], None: UNKNOWN_MARK}[holds]
    bound = "" if claim.bound_seconds is None else f" ± {duration(claim.bound_seconds)}"
    return Text.assemble(mark, f" {'false: ' if holds is False else ''}{claim.state}{bound}")


def claim_line(claim: Claim) -> str:
    """A claim with its figures, such as ``synchronized, by chronyd, offset -12 µs, off by at most 2.1 ms``."""
    figures = (("offset", claim.offset_seconds, signed), ("off by at most", claim.bound_seconds, duration))
    told = [f"{name} {form(value)}" for name, value, form in figures if value is not None]
    return ", ".join([claim.state, *([f"by {claim.daemon}"] if claim.daemon else []), *told])


def state_text(state: str) -> Text:
    """The state of a claim, such as ``✔ synchronized``."""
    return Text.assemble(_STATES.get(state, UNKNOWN_MARK), f" {state}")


def claim_headline(name: str, claim: Claim) -> Text:
    """A host and its claim, with the mark of its state."""
    mark = _STATES.get(claim.state, UNKNOWN_MARK)
    return Text.assemble(mark, " ", (name, "bold"), f": {claim_line(claim)}", overflow="fold")


def offset_text(offset_s: float | None, bound_s: float | None) -> str:
    """An offset and how sure it is, such as ``+12 µs ± 56 µs``."""
    if offset_s is None:
        return "-"
    return f"{signed(offset_s)} ± {'?' if bound_s is None else duration(bound_s)}"


def signed(seconds: float) -> str:
    """A span of time with its sign: ``+`` is ahead."""
    return f"{'+' if seconds > 0 else ''}{duration(seconds or 0.0)}"


def camp_text(camp: Camp) -> str:
    """Who agrees with whom, such as ``camp of 2: gamma, omega; +1.00 s ± 50 µs (leap)``."""
    away = "" if camp.offset_seconds is None else f"; {offset_text(camp.offset_seconds, camp.bound_seconds)}"
    kind = "" if camp.kind in ("", "plain") else f" ({camp.kind})"
    return f"camp of {len(camp.hosts)}: {', '.join(camp.hosts)}{away}{kind}"


def drift_text(drift_ppm: float | None) -> str:
    """How fast a clock runs away, such as ``+0.5 ppm``."""
    return "-" if drift_ppm is None else f"{drift_ppm or 0.0:+.3g} ppm"


def contradiction_text(told: Any) -> str:  # noqa: ANN401 - a text or a document
    """What cannot all be true: the timekeeper's sentence, or the ring of hosts and by how much."""
    if not isinstance(told, Mapping):
        return str(told)
    hosts, excess_s = told.get("hosts"), told.get("excess_seconds")
    ring = " → ".join(map(str, [*hosts, *hosts[:1]])) if isinstance(hosts, list) else "hosts not told"
    return f"{ring}{f', {duration(excess_s)} beyond their bounds' if isinstance(excess_s, int | float) else ''}"


def contradiction_concerns(told: Any, name: str) -> bool:  # noqa: ANN401 - the same
    """Whether a host is among those whose measurements cannot all be true."""
    return name in re.findall(r"[\w.-]+", contradiction_text(told))
