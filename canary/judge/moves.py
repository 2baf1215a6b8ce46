"""PURE: the record of a cell that moves, made from the cell; it decides nothing."""

from typing import TypedDict, Unpack

from canary.judge.state import Cell
from canary.records import Cap, CellMoved, CellState, Rule, RuleMode


class Details(TypedDict, total=False):
    """What a move may carry besides."""

    mode: RuleMode
    suppressed_by: Cap
    until_at_s: float | None
    strikes: int
    numbers: dict[str, float]
    needs_human: bool


def moved(cell: Cell, new: CellState, rule: Rule, reason: str, **details: Unpack[Details]) -> CellMoved:
    """A cell goes from where it is to a new state.

    Args:
        cell: Which one; its strikes stay unless the details say otherwise.
        new: Where to.
        rule: On whose word.
        reason: A sentence.
        **details: What else the record holds.
    """
    server, service, version, build = cell.key
    details.setdefault("strikes", cell.strikes)
    return CellMoved(
        server=server,
        service=service,
        version=version,
        build=build,
        old=cell.state,
        new=new,
        rule=rule,
        reason=reason,
        first_seq=cell.first_seq,
        last_seq=cell.last_seq,
        **details,
    )
