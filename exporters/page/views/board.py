"""PURE: versions against servers as a board, a cell for each pair, the worst kept where not all fit; it judges no version."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from communicator.answers.releases import CanaryReport, Cell, Release
from communicator.wording.counts import count
from communicator.wording.marks import GONE, GOOD, WORST_FIRST, Mark, worst
from communicator.wording.orders import freeze_text, notices, override_text
from communicator.wording.releases import (
    outlook_text,
    place_mark,
    release_mark,
    release_words,
    runs_text,
    stranger_text,
    version_text,
)
from exporters.page.views.addresses import explain_query, stable_id
from exporters.page.views.bound import Bound

STRANGERS = 8
"""Users shown whose runs count for nobody, the newest: there may be as many as there are users."""
_RANKS = {mark: rank for rank, mark in enumerate(WORST_FIRST)}

K = TypeVar("K", str, tuple[str, str, str])
"""What ranks have."""
Of = tuple[str, str, str]
"""Service, version and build."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a board is shown."""

    rows: Bound
    servers: int


@dataclass(frozen=True, slots=True)
class CellView:
    """One version on one server."""

    id: str
    query: str
    """What asks for its evidence."""
    mark: Mark
    word: str
    detail: str
    """What goes on there, and the verdict."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the whole cluster."""

    service: str
    version: str
    mark: Mark
    notes: str
    counts: Sequence[tuple[Mark, str, int]]
    """On how many servers it is in which state, the worst first."""
    cells: Sequence[CellView | None]
    """In the order of the servers shown; None where it never ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesView:
    """What is said above the board."""

    mark: Mark
    sentence: str
    notices: Sequence[tuple[Mark, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The board."""

    servers: Sequence[str]
    rows: Sequence[VersionRow]
    hidden_servers: int
    hidden_rows: int


def notices_view(report: CanaryReport, not_enforced: Collection[str] = ()) -> NoticesView:
    """What holds for everything, and how much there is.

    Args:
        report: What the canary tells.
        not_enforced: Servers with a C++ router.
    """
    cells = report.cells
    marks = {place_mark(place) for place in {cell.place for cell in cells}}
    freezes = [freeze_text(one) for one in report.freezes]
    orders = [override_text(one, not_enforced, () if one.in_force else (report.server,)) for one in report.overrides]
    return NoticesView(
        mark=worst(marks) if cells else GONE,
        sentence=_sentence(report, cells),
        notices=[
            *notices(freezes, report.servers, orders, report.canary, not_enforced),
            *((GONE, stranger_text(one)) for one in report.strangers[:STRANGERS]),
        ],
    )


def board_view(report: CanaryReport, size: Size | None, not_enforced: Collection[str] = ()) -> BoardView:
    """What is shown of all versions.

    Args:
        report: What the canary tells.
        size: How much; None: all.
        not_enforced: Servers with a C++ router.
    """
    cells = report.cells
    by_version = _by_version(cells)
    servers, hidden_servers = _pick(_worst_of_servers(cells), None if size is None else size.servers)
    ranks = _worst_of_versions(by_version)
    troubled = sum(rank < _RANKS[GOOD] for rank, _ in ranks.values())
    kept, hidden_rows = _pick(ranks, None if size is None else size.rows.of(troubled))
    releases = {(one.service, one.version, one.build): one for one in report.releases}
    order = sorted(kept, key=lambda of: (of[0], _age(releases.get(of)), of))
    return BoardView(
        servers=servers,
        rows=[_row(of, by_version[of], releases.get(of) or Release(*of), servers, not_enforced) for of in order],
        hidden_servers=hidden_servers,
        hidden_rows=hidden_rows,
    )


def outlook(cell: Cell, not_enforced: Collection[str] = ()) -> str:
    """How its runs ended, what goes on, and what comes by time alone; and whether its server has a C++ router."""
    return ", ".join(filter(None, (runs_text(cell), outlook_text(cell, is_enforced=cell.server not in not_enforced))))


def _by_version(cells: Iterable[Cell]) -> Mapping[Of, list[Cell]]:
    found: defaultdict[Of, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.service, cell.version, cell.build].append(cell)
    return found


def _worst_of_servers(cells: Iterable[Cell]) -> dict[str, tuple[int, int]]:
    """By server how bad its worst version is there, and how many are so."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for cell in cells:
        counts[cell.server][_RANKS[place_mark(cell.place)]] += 1
    return {server: (min(found), -found[min(found)]) for server, found in counts.items()}


def _worst_of_versions(by_version: Mapping[Of, Sequence[Cell]]) -> dict[Of, tuple[int, int]]:
    return {
        of: (min(_RANKS[place_mark(cell.place)] for cell in cells), -len(cells)) for of, cells in by_version.items()
    }


def _pick(ranks: Mapping[K, tuple[int, int]], limit: int | None) -> tuple[list[K], int]:
    """All of them in the order of their names, or the worst first where there are too many; and how many are left out."""
    if limit is None or len(ranks) <= limit:
        return sorted(ranks), 0
    worst = sorted(ranks, key=lambda name: (ranks[name], name))
    return worst[:limit], len(ranks) - limit


def _age(release: Release | None) -> float:
    """The newest first."""
    return float("inf") if release is None or release.first_seen_seconds is None else release.first_seen_seconds


def _row(
    of: Of, cells: Sequence[Cell], release: Release, servers: Sequence[str], not_enforced: Collection[str]
) -> VersionRow:
    counts = Counter((_RANKS[place_mark(cell.place)], cell.place) for cell in cells)
    there = {cell.server: cell for cell in cells}
    return VersionRow(
        service=of[0],
        version=version_text(of[1], of[2]),
        mark=release_mark(release.state, [cell.place for cell in cells]),
        notes=", ".join(release_words(release)),
        counts=[(WORST_FIRST[rank], place, number) for (rank, place), number in sorted(counts.items())],
        cells=[_cell(there[server], not_enforced) if server in there else None for server in servers],
    )


def _cell(cell: Cell, not_enforced: Collection[str]) -> CellView:
    of = (cell.server, cell.service, cell.version, cell.build)
    told = [outlook(cell, not_enforced), *([cell.reason] if cell.reason else [])]
    return CellView(stable_id("cell", *of), explain_query(*of), place_mark(cell.place), cell.place, "; ".join(told))


def _sentence(report: CanaryReport, cells: Sequence[Cell]) -> str:
    if not cells:
        return "No version has run yet"
    versions = len({(cell.service, cell.version, cell.build) for cell in cells})
    services, servers = len({cell.service for cell in cells}), len({cell.server for cell in cells})
    led = f"led by {report.canary.leader}" if report.canary.leader else "led by nobody"
    return (
        f"{count(versions, 'version')} of {count(services, 'service')} on {count(servers, 'server')}, "
        f"{led}, mode {report.canary.mode or 'not told'}"
    )
