"""PURE: whose verdict gives way when servers that had not heard of each other have together taken too much; it decides nothing.

The caps are asked before a verdict, on what its server knows then. Two servers that come to one at the same moment, or in two
halves of a cluster, do not see each other's. So whoever hears of another server's verdict asks again, of all of them together,
and where they are too many, those of the highest server names give way: no clocks are compared, and each comes to the same.
Who has given way is held back by the same caps from then on, so that it happens once.
"""

from collections.abc import Iterator
from itertools import islice

from canary.judge import caps
from canary.judge.overrides import override_of
from canary.judge.releases import is_barred_by_verdict, is_held, is_there
from canary.judge.state import Cell, State
from canary.records import CellKey, Version
from canary.rules import Rules

ROUNDING_S = 1e-3
"""What a difference of two times may be off."""


def why_it_gives_way(state: State, rules: Rules, cell: Cell, now_s: float) -> str:
    """Why what keeps messages from a version on a server is to be taken back; empty when it is not.

    Args:
        state: What is known.
        rules: The caps; while rules are told to hold, nothing is taken back.
        cell: The version there: blocked, ejected, or waiting for its probe.
        now_s: By the ledger's clock.
    """
    installed = state.installed.get(cell.key.service, {})
    if rules.holds or installed.get(cell.key.server) != cell.key or not _is_barred(state, cell.key, now_s):
        return ""
    return _too_few(state, rules, cell, now_s) or _too_soon(state, rules, cell, now_s)


def to_be_spared(state: State, rules: Rules, version: Version, now_s: float) -> tuple[str, ...]:
    """The servers from which a hold is not to take a version, besides those that are spared already.

    They started it, or something else was taken, while nobody had heard of the hold; and without them too little is left. It
    stays held everywhere else: where it never ran it is none of a service's instances.
    """
    installed = state.installed.get(version.service, {}).values()
    spared = state.releases[version].spared  # whom another leader's word still bars is not spared once more
    taken = [
        key.server
        for key in installed
        if key.of == version and key.server not in spared and _is_barred_by_hold_alone(state, key, now_s)
    ]
    left = sum(1 for key in installed if not _is_barred(state, key, now_s))
    missing = max(0, caps.least_routable(state, rules.caps, version.service) - left)
    return () if rules.holds else tuple(sorted(taken)[:missing])


def _too_few(state: State, rules: Rules, cell: Cell, now_s: float) -> str:
    least = caps.least_routable(state, rules.caps, cell.key.service)
    left = sum(1 for _ in islice(_left(state, cell, now_s), least))  # of more than these it does not matter how many
    if left >= least:
        return ""
    barred = _barred(state, cell.key.service, now_s)
    higher = sum(1 for key in barred if key.server > cell.key.server and is_barred_by_verdict(state.cells[key]))
    if higher >= least - left:
        return ""
    where = ", ".join(sorted(key.server for key in barred))
    return (
        f"caps: {left} instances of its service are left (limit {least}) since {where} decided before they heard of each "
        "other; the highest name gives way"
    )


def _left(state: State, cell: Cell, now_s: float) -> Iterator[CellKey]:
    """The instances that verdicts leave. Those that have gone since this one, or that operators took, are not its doing."""
    for key in state.installed[cell.key.service].values():
        if _is_barred(state, key, now_s):
            continue
        if is_there(state, key) or override_of(state, key, now_s) or _gone_at_s(state, key) >= cell.barred_at_s:
            yield key


def _too_soon(state: State, rules: Rules, cell: Cell, now_s: float) -> str:
    """Two new blocks at once; once the time between two has passed, neither is in the way of the other."""
    if not _is_new_block(cell) or now_s >= caps.gap_ends_s(state, rules.caps, cell.key.service) - ROUNDING_S:
        return ""
    gap_s = rules.caps.block_gap_s - ROUNDING_S
    for key in _barred(state, cell.key.service, now_s):
        other = state.cells[key]
        if key.server < cell.key.server and _is_new_block(other) and abs(other.barred_at_s - cell.barred_at_s) < gap_s:
            return (
                f"caps: {key.server} blocked its service too, less than {rules.caps.block_gap_s:g} s apart, and neither had "
                "heard of the other; the higher name gives way"
            )
    return ""


def _is_new_block(cell: Cell) -> bool:
    return cell.state == "blocked" and cell.rule == "a"


def _barred(state: State, service: str, now_s: float) -> list[CellKey]:
    return [key for key in state.installed[service].values() if _is_barred(state, key, now_s)]


def _is_barred(state: State, key: CellKey, now_s: float) -> bool:
    """Whether rules keep messages from it, and no operator has a word in it."""
    cell = state.cells[key]
    return (is_barred_by_verdict(cell) or is_held(state, cell, now_s)) and override_of(state, key, now_s) is None


def _is_barred_by_hold_alone(state: State, key: CellKey, now_s: float) -> bool:
    cell = state.cells[key]
    return is_held(state, cell, now_s) and not is_barred_by_verdict(cell) and override_of(state, key, now_s) is None


def _gone_at_s(state: State, key: CellKey) -> float:
    lost_at_s = state.servers[key.server].lost_at_s
    return state.cells[key].seen_at_s if lost_at_s is None else lost_at_s
