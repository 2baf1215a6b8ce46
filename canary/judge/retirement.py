"""PURE: which versions on servers are remembered no longer: those not seen for long, the oldest of too many; it knows no rule."""

import math
from collections.abc import Collection, Iterator
from itertools import islice

from canary.judge.moves import moved
from canary.judge.releases import BARRED, last_good
from canary.judge.state import Cell, State
from canary.records import CellKey, CellMoved

VERSIONS = 32
"""Versions of one service on one server: more than anybody goes back to, and few enough to look at all of them each time."""


BARRED_VERSIONS = 2 * VERSIONS
"""Where there are more, those that are kept from running go too: nobody tries so many again."""
CELLS = 20_000
"""Versions on servers that are remembered at all: more than a large cluster has, and few enough to look at all at a start."""
LOOKED_AT = 1_000
"""Of those, how many of the oldest are looked at to find one that may go: more than a router takes blocks."""


def surplus(state: State, server: str, service: str) -> Iterator[CellMoved]:
    """The versions on a server that have to make room, since too many of the same service ran there.

    What runs, is kept from running, or is the one to fall back to stays; of many more, also what is kept from running goes.

    Args:
        state: What is known.
        server: Where.
        service: Of which service.
    """
    known = state.servers[server].services.get(service, {}) if server in state.servers else {}
    too_many = len(known) - VERSIONS
    if too_many <= 0:
        return
    good = last_good(state, service)
    idle = [cell for cell in _older(state, known) if not cell.running and cell.key.of != good]
    free = [cell for cell in idle if not _is_barred(state, cell)][:too_many]
    barred = [cell for cell in idle if _is_barred(state, cell)][: max(0, len(known) - len(free) - BARRED_VERSIONS)]
    for cell in (*free, *barred):
        yield moved(cell, "archived", "time", f"more than {VERSIONS} versions of its service ran here")


def nameless(state: State, server: str, service: str) -> Iterator[CellMoved]:
    """What once ran on a server without a version, and does no longer, when another version works there: it has found its name.

    Args:
        state: What is known.
        server: Where.
        service: Of which service.
    """
    installed = state.installed.get(service, {}).get(server)
    if installed is None or not installed.version or not state.cells[installed].healthy:
        return
    for key in state.servers[server].services.get(service, {}):
        if not (key.version or state.cells[key].running):
            yield moved(state.cells[key], "archived", "time", "a version that says its name works here")


def crowd(state: State) -> Iterator[CellMoved]:
    """The versions on servers that have to make room, since there are too many of all: names may come without end.

    The one not seen for longest goes: of those that neither run nor are kept from running, if there is one among the oldest.

    Args:
        state: What is known.
    """
    too_many = len(state.cells) - CELLS
    if too_many <= 0:
        return
    idle = [cell for cell in islice(state.cells.values(), LOOKED_AT) if not cell.running]
    free = [cell for cell in idle if not _is_barred(state, cell) and last_good(state, cell.key.service) != cell.key.of]
    for cell in (free or idle)[:too_many]:
        yield moved(cell, "archived", "time", f"more than {CELLS} versions ran on all servers together")


def unseen(state: State, archive_s: float, now_s: float) -> Iterator[CellMoved]:
    """The versions that nothing was heard of for long, and those of servers that are out of reach for as long; they stand first.

    Args:
        state: What is known.
        archive_s: How long.
        now_s: By the ledger's clock.
    """
    for cell in state.cells.values():
        if cell.seen_at_s + archive_s > now_s:
            return
        lost_at_s = state.servers[cell.key.server].lost_at_s
        if lost_at_s is not None and lost_at_s + archive_s <= now_s:
            yield moved(cell, "archived", "time", f"its server is out of reach for {archive_s:g} s")
        elif not cell.running:
            yield moved(cell, "archived", "time", f"not seen for {archive_s:g} s")


def next_deadline_s(state: State, archive_s: float) -> float:
    """When the next version is archived because of time alone; infinite when none will be.

    Args:
        state: What is known.
        archive_s: How long a version must not have been seen.
    """
    still = next((cell.seen_at_s for cell in state.cells.values() if not cell.running), math.inf)
    servers = (state.servers[name] for name in state.aside if name in state.servers)
    lost_s = min((server.lost_at_s for server in servers if server.lost_at_s is not None), default=math.inf)
    return min(still, lost_s) + archive_s


def _older(state: State, known: Collection[CellKey]) -> Iterator[Cell]:
    """All but the one that was seen last."""
    return map(state.cells.__getitem__, islice(known, len(known) - 1))


def _is_barred(state: State, cell: Cell) -> bool:
    """Whether it is kept from running, so that it would come back if it were forgotten."""
    return cell.state in BARRED or cell.until_at_s is not None or state.releases[cell.key.of].state == "held"
