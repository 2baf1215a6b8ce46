"""PURE: versions on servers, their verdicts and what comes of them, in words and marks; it judges no version."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from communicator.wording.counts import listed
from communicator.wording.enforcement import NOT_ENFORCED
from communicator.wording.marks import BAD, GONE, GOOD, OPEN, SUSPECT, TRIED, Mark, worst
from communicator.wording.spans import left, span

if TYPE_CHECKING:  # they name the place of a cell as it is named here
    from communicator.answers.releases import Cell, Comparison, Release, Stranger

PLACES: Mapping[str, Mark] = {
    "unknown": OPEN,
    "observing": OPEN,
    "proving": OPEN,
    "good": GOOD,
    "suspect": SUSPECT,
    "ejected": SUSPECT,
    "blocked": BAD,
    "probation": TRIED,
    "archived": GONE,
}
"""The mark of each state of a version on a server."""
NO_VERSION = "(none)"
"""The version of a service that has none: it tells none, and its ``.service`` file names none. Shown, and taken, as this word."""
_NO_VERSION_TOO = frozenset((NO_VERSION, "(no version)"))
"""How that may be said besides."""
OVERRIDDEN = {"block": "blocked", "allow": "allowed", "pin": "pinned"}
"""What an operator does, as a state."""
_RELEASES = {"held": BAD, "suspect": SUSPECT}
_UNTIL = {
    "blocked": "next probe in {}",
    "probation": "a probe may come",
    "ejected": "no messages for {}",
}
_WHOLE_LOG10 = 2.0
_PLAIN_LOG10 = 4.0
"""Up to here evidence is told as a plain number: 10,000 to 1."""


def place_of(state: str, until_s: float | None) -> str:
    """The state of a version on a server, in which an ejection is one of its own: a suspect that gets nothing for a while."""
    return "ejected" if state == "suspect" and until_s is not None else state


def place_mark(place: str) -> Mark:
    """The mark of a state; one that we do not know is as good as none."""
    return PLACES.get(place, OPEN)


def release_mark(state: str, places: Sequence[str]) -> Mark:
    """The mark of the cluster's word on a version, or of where it does worst.

    Args:
        state: The cluster's word.
        places: Its states on the servers where it ran.
    """
    return _RELEASES.get(state) or worst({place_mark(place) for place in places})


def release_words(release: "Release") -> list[str]:
    """What the cluster knows of a version, such as ``last good`` or ``evidence 2.5 to 1``."""
    return [
        *(["last good"] if release.is_last_good else []),
        *([f"held {left(release.until_seconds)}"] if release.state == "held" else []),
        *(["suspect"] if release.state == "suspect" else []),
        *([] if release.log10_evidence is None else [evidence_text(release.log10_evidence)]),
    ]


def evidence_text(log10: float) -> str:
    """How strongly runs speak for it that a version fails more than the one before, such as ``evidence 2.5 to 1``.

    Args:
        log10: The logarithm of the e-value; 0 and below: they speak for nothing, or against it.
    """
    return "no evidence" if log10 <= 0 else f"evidence {odds_text(log10)}"


def odds_text(log10: float) -> str:
    """An e-value as people bet on it, such as ``2.5 to 1``."""
    if log10 > _PLAIN_LOG10:
        return f"10^{log10:.0f} to 1"
    return f"{10**log10:,.{0 if log10 >= _WHOLE_LOG10 else 1}f} to 1"


def comparison_text(found: "Comparison") -> str:
    """What rule C sees, with its limits and what forbids to act on it.

    Such as ``rule c: … evidence 10^2.5 (316 to 1; suspect at 100 to 1, held at …): would be suspect, held back by dry_run``.
    """
    reached = "none" if found.log10_evidence <= 0 else odds_text(found.log10_evidence)
    limits = f"suspect at {odds_text(found.suspect_log10)}, held at {odds_text(found.held_log10)}"
    told = f"rule c: {found.reason} ({reached}; {limits})"
    if found.level == "ok" or not found.held_back_by:
        return told
    return f"{told}: would be {found.level}, held back by {found.held_back_by}"


def would_text(release: "Release") -> str:
    """What a rule would make of a version, such as ``would be held: never worked on 2 of 2 servers; held back by dry_run``."""
    return f"would be {release.would}: {release.would_reason}; held back by {release.held_back_by}"


def release_lines(release: "Release") -> list[str]:
    """All that the rules for the whole cluster see of a version, acted on or not, each in a sentence."""
    found = release.comparison
    is_told = found is not None and release.would == found.level
    return [
        *([release.reason] if release.state != "ok" and release.reason else []),
        *([] if found is None else [comparison_text(found)]),
        *([would_text(release)] if release.would and not is_told else []),
    ]


def read_version(text: str) -> str:
    """A version as a service tells it, of what a person or a message names: ``(none)`` and ``(no version)`` are an empty one."""
    return "" if text in _NO_VERSION_TOO else text


def version_text(version: str, build: str) -> str:
    """A version with its build, such as ``2.0 build 9f3c``."""
    return (version or NO_VERSION) + ("" if build in ("", "*") else f" build {build}")


def scope_text(service: str, version: str, build: str, server: str) -> str:
    """What an operator's word is about, such as ``billing 2.0 on alpha``."""
    where = "" if server in ("", "*") else f" on {server}"
    return f"{service} {version_text(version, build)}{where}"


def stranger_text(one: "Stranger") -> str:
    """Whose runs count for nobody, such as ``user nobody on alpha is not known to run payroll: 7 runs, 7 failed, …``."""
    others = one.services - 1
    more = f" and {others} more" if others > 0 else ""
    who = "a user who cannot be told" if one.user == "?" else f"user {one.user}"
    what = f"{one.service}{more}: {one.runs} runs, {one.failed} failed, the last of {version_text(one.version, '')}"
    return f"{who} on {one.server} is not known to run {what}; they count for nobody"


def runs_text(cell: "Cell") -> str:
    """How its runs ended, such as ``3 ok, 1 failed, 2 excused``."""
    excused = f", {cell.excused} excused" if cell.excused else ""
    return f"{cell.passed} ok, {cell.failed} failed{excused}"


def unheard_text(commands: Sequence[str]) -> str:
    """What a version was not tried with, such as ``never exercised there: CANCEL, REFUND``; empty where all its commands came."""
    return f"never exercised there: {listed(commands)}" if commands else ""


def outlook_text(cell: "Cell", running_s: float | None = None, *, is_enforced: bool = True) -> str:
    """What goes on there, and what comes by time alone, such as ``up 12m 3s`` or ``next probe in 4m 12s``.

    Args:
        cell: A version on a server.
        running_s: For how long it has been up; None: that is not told.
        is_enforced: Whether the router there knows policies.
    """
    parts = []
    if cell.running:
        up = "up" if running_s is None else f"up {span(running_s)}"
        parts.append(up if cell.running == 1 else f"{cell.running} {up}")
    if cell.place in _UNTIL and (cell.until_seconds is not None or cell.state == "probation"):
        parts.append(_UNTIL[cell.place].format(span(cell.until_seconds or 0.0)))
    if cell.override:
        parts.append(f"{OVERRIDDEN.get(cell.override, cell.override)} by an operator")
    if not is_enforced:
        parts.append(NOT_ENFORCED)
    return ", ".join(parts)
