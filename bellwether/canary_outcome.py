"""PURE: what became of a version, for scripts that wait for it; it asks nobody, and waits for nothing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from bellwether.canary_picture import Picture
from bellwether.canary_scope import require_version
from bellwether.failure import NOT_YET, UNDECIDED, UNREACHABLE, CommandError
from communicator.answers.releases import Cell, Release
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.releases import read_version, unheard_text, version_text

Verdict = Literal["good", "failed", "inconclusive", "unreachable", "open"]
EXIT_CODES: Mapping[Verdict, int] = {
    "good": 0,
    "failed": 1,
    "inconclusive": UNDECIDED,
    "unreachable": UNREACHABLE,
    "open": NOT_YET,
}
"""What a command that waited for it ends with; ``open``: it takes more time."""
_FAILED = ("blocked", "probation", "ejected")
_SPARING = ("last_instance", "protected", "gap")
"""Caps that hold a verdict back for what it would take, and not since it may be wrong."""
_UNDER_WAY = ("observing", "proving")


class Outcome(msgspec.Struct, frozen=True):
    """What is known of it now."""

    verdict: Verdict
    why: str

    @property
    def is_final(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.verdict in ("good", "failed")


def outcome_of(picture: Picture, service: str, version: str, build: str | None = None) -> Outcome:
    """What became of a version so far.

    Args:
        picture: What the canaries tell.
        service: Of which service.
        version: Which version.
        build: Which build; None: any, and each has to be good.
    """
    version = read_version(version)
    cells = [
        cell
        for cell in picture.cells
        if (cell.service, cell.version) == (service, version)
        and build in (None, cell.build)
        and cell.state != "archived"
    ]
    releases = [one for one in picture.releases if (one.service, one.version) == (service, version)]
    failed = _failure(picture, cells, [one for one in releases if build in (None, one.build)])
    if failed:
        return Outcome("failed", failed)
    if not cells:
        return Outcome("inconclusive", _unknown(picture, service, version))
    if not any(cell.running for cell in cells):
        states = ", ".join(f"{cell.state} on {cell.server}" for cell in cells)
        return Outcome("inconclusive", f"{service} {version_text(version, '')} runs nowhere: {states}")
    cells = [cell for cell in cells if not _is_stopped(cell)]
    if all(cell.state == "good" for cell in cells):
        unheard = [f"{unheard_text(cell.unheard)} ({cell.server})" for cell in cells if cell.unheard]
        why = f"{service} {version_text(version, '')} is good on {_servers(cells)}"
        return Outcome("good", "; ".join((why, *unheard)))
    return _undecided(picture, [cell for cell in cells if cell.state != "good"])


def _is_stopped(cell: Cell) -> bool:
    """Whether it was taken from there in good order, so that no verdict is to come."""
    return not cell.running and not cell.consecutive


def _failure(picture: Picture, cells: Sequence[Cell], releases: Sequence[Release]) -> str:
    held = next((one for one in releases if one.state == "held"), None)
    if held is not None:
        what = f"{held.service} {version_text(held.version, held.build)}"
        return _with_aside(picture, f"{what} is held in the whole cluster: {held.reason}", picture.not_enforced)
    for cell in cells:
        if cell.override == "block":
            return _with_aside(picture, f"an operator blocks it on {cell.server}", [cell.server])
        if not cell.override and (cell.place in _FAILED or _is_found_bad(picture, cell)):
            return _with_aside(picture, f"it is {cell.place} on {cell.server}: {cell.reason}", [cell.server])
    return ""


def _with_aside(picture: Picture, why: str, servers: Collection[str]) -> str:
    """What failed, and whether the routers there know nothing of that."""
    return "; ".join(filter(None, (why, not_enforced_text(servers, picture.not_enforced))))


def _is_found_bad(picture: Picture, cell: Cell) -> bool:
    """Whether a rule would have taken it, were it not needed there, or had an operator not frozen the rules.

    Rules that run dry only say what they would do. Rules that froze by themselves, and those on a sick server, did so since
    something else may be at fault.
    """
    if cell.held_back_by == "frozen":
        is_sick = any(one.server == cell.server and one.state == "sick" for one in picture.servers)
        return not is_sick and _is_frozen_by_operator(picture, cell)
    return cell.held_back_by in _SPARING


def _is_frozen_by_operator(picture: Picture, cell: Cell) -> bool:
    """Whether that, and nothing else, keeps the rules from acting on it."""
    makers = [one.by for one in picture.freezes if one.scope in ("*", cell.service) and cell.server in one.servers]
    return bool(makers) and all(makers)


def _undecided(picture: Picture, cells: Sequence[Cell]) -> Outcome:
    if picture.freezes:
        return Outcome("inconclusive", f"the rules are frozen: {picture.freezes[0].reason}")
    for cell in cells:
        if cell.place not in _UNDER_WAY or not cell.running:
            doing = cell.state if cell.running else f"{cell.state} and does not run"
            return Outcome(
                "inconclusive", f"it is {doing} on {cell.server}" + (f": {cell.reason}" if cell.reason else "")
            )
    states = ", ".join(f"{cell.state} on {cell.server}" for cell in cells)
    return Outcome("open", f"no verdict yet: {states}")


def _unknown(picture: Picture, service: str, version: str) -> str:
    """Why there is nothing to say; a slip of the pen is told with what is likely meant."""
    try:
        require_version(picture.cells, service, version)
    except CommandError as error:
        return str(error)
    return f"{service} {version_text(version, '')} was not seen for long, or not in that build"


def _servers(cells: Sequence[Cell]) -> str:
    return ", ".join(sorted({cell.server for cell in cells}))
