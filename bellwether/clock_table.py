"""PURE: all clocks of a cluster in a table, one line for each host and one for all of them; it asks nobody."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bellwether.clock_report import Host, Report
from bellwether.clock_words import (
    UNKNOWN_MARK,
    camp_text,
    claim_headline,
    claim_text,
    contradiction_text,
    offset_text,
    verdict_text,
)
from bellwether.cluster import MARKS
from bellwether.services import span
from bellwether.status import duration

_HEADS = ("HOST", "OFFSET ± BOUND", "VERDICT", "CLAIM")
_WHY = "WHY"
_WHY_COLUMNS = 36
"""Reasons have a column of their own where it is at least so wide; else they stand below their host."""
_GAP = 2
_INDENT = (0, 0, 0, 4)
_WORST_FIRST = ("wrong", "suspect", "no_majority", "unknown")

Cells = tuple[Text, ...]


def render(report: Report, width: int) -> RenderableType:
    """The table, or this host's own word where nothing is solved.

    Args:
        report: What the timekeeper tells.
        width: The columns of the screen.
    """
    if not report.solved:
        return Group(*_unsolved(report))
    hosts = sorted(report.hosts, key=_rank)
    table = _table(hosts, report.local.server, width) if hosts else Text("No host is known.")
    return Group(table, Text(), *_summary(report))


def _rank(host: Host) -> tuple[int, str]:
    """A host that is wrong, or whose claim is false, is shown first."""
    bad = host.verdict == "wrong" or host.claim_holds is False
    rank = _WORST_FIRST.index(host.verdict) if host.verdict in _WORST_FIRST else len(_WORST_FIRST)
    return (0 if bad else rank), host.host


def _table(hosts: list[Host], own: str, width: int) -> RenderableType:
    rows = [_cells(host, own) for host in hosts]
    heads = tuple(Text(head, style="bold") for head in _HEADS)
    widths = [max(cell.cell_len for cell in column) for column in zip(heads, *rows, strict=True)]
    reasons = ["; ".join(host.reasons) for host in hosts]
    if width - sum(widths) - _GAP * len(widths) >= _WHY_COLUMNS:
        return _beside(rows, reasons)
    return Group(*_below([heads, *rows], [_WHY, *reasons], widths))


def _cells(host: Host, own: str) -> Cells:
    return (
        Text(host.host or "?", style="bold" if host.host == own else ""),
        Text(offset_text(host.offset_seconds, host.bound_seconds)),
        verdict_text(host.verdict),
        claim_text(host.claim, host.claim_holds),
    )


def _beside(rows: Iterable[Cells], reasons: Iterable[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for head in (*_HEADS, _WHY):
        table.add_column(head, no_wrap=head != _WHY)
    for cells, reason in zip(rows, reasons, strict=True):
        table.add_row(*cells, Text(reason))
    return table


def _below(rows: Iterable[Cells], reasons: Iterable[str], widths: list[int]) -> Iterator[RenderableType]:
    for cells, reason in zip(rows, reasons, strict=True):
        for cell, size in zip(cells, widths, strict=True):
            cell.pad_right(size - cell.cell_len)
        line = Text(" " * _GAP).join(cells)
        line.rstrip()
        yield line
        if reason:
            yield Padding(Text(reason, style="dim"), _INDENT)


def _summary(report: Report) -> Iterator[RenderableType]:
    mark, majority = _majority(report)
    count = len(report.contradictions)
    parts = [
        majority,
        "spread not known" if report.spread_seconds is None else f"spread {duration(report.spread_seconds)}",
        f"{count or 'no'} contradiction{'' if count == 1 else 's'}",
        "age not known" if report.age_seconds is None else f"compared {span(report.age_seconds)} ago",
    ]
    yield Text.assemble(mark, f" {', '.join(parts)}")
    if len(report.camps) > 1:
        yield from (Padding(Text(camp_text(camp)), _INDENT) for camp in report.camps)
    for one in report.contradictions:
        yield Padding(Text.assemble(MARKS["doubtful"], f" contradiction: {contradiction_text(one)}"), _INDENT)


def _majority(report: Report) -> tuple[tuple[str, str], str]:
    known = len(report.hosts)
    hosts = f"host{'' if known == 1 else 's'}"
    if report.has_majority is None:
        return UNKNOWN_MARK, f"whether most of {known} {hosts} agree is not known"
    if not report.has_majority:
        most = "" if report.agreeing is None else f", at most {report.agreeing} agree"
        return MARKS["bad"], f"no majority of {known} {hosts}{most}"
    some_bad = any(host.verdict == "wrong" or host.claim_holds is False for host in report.hosts)
    all_agree = report.agreeing in (None, known) and not some_bad
    agreeing = "most" if report.agreeing is None else report.agreeing
    return MARKS["good" if all_agree else "doubtful"], f"{agreeing} of {known} {hosts} agree"


def _unsolved(report: Report) -> Iterator[RenderableType]:
    local = report.local
    yield claim_headline(local.name, local.claim)
    for reason in local.claim.reasons:
        yield Padding(Text(reason, style="dim"), _INDENT)
    yield Text()
    why = "this timekeeper is an agent" if local.role == "agent" else "this timekeeper has no solution yet"
    age = "" if report.age_seconds is None else f", as of {span(report.age_seconds)} ago"
    yield Text(f"Nothing is solved here: {why}. Shown is this host's own word{age}.")
