"""PURE: a table whose rows have a note each: beside them where there is room, else below; it does not know what of."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_NOTE_COLUMNS = 36
"""Notes have a column of their own where it is at least so wide."""
_GAP = 2
_INDENT = (0, 0, 0, 4)

Cells = tuple[Text, ...]


def render(heads: Sequence[str], rows: Sequence[Cells], notes: Sequence[str], width: int) -> RenderableType:
    """The table.

    Args:
        heads: Of the columns; the last one is that of the notes.
        rows: One cell for each column but the last.
        notes: One for each row; it may be empty.
        width: The columns of the screen.
    """
    titles = tuple(Text(head, style="bold") for head in heads[:-1])
    widths = [max(cell.cell_len for cell in column) for column in zip(titles, *rows, strict=True)]
    if width - sum(widths) - _GAP * len(widths) >= _NOTE_COLUMNS:
        return _beside(heads, rows, notes)
    return Group(*_below([titles, *rows], [heads[-1], *notes], widths))


def _beside(heads: Sequence[str], rows: Sequence[Cells], notes: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=head != heads[-1])
    for cells, note in zip(rows, notes, strict=True):
        table.add_row(*cells, Text(note))
    return table


def _below(rows: Sequence[Cells], notes: Sequence[str], widths: Sequence[int]) -> Iterator[RenderableType]:
    for cells, note in zip(rows, notes, strict=True):
        for cell, size in zip(cells, widths, strict=True):
            cell.pad_right(size - cell.cell_len)
        line = Text(" " * _GAP).join(cells)
        line.rstrip()
        yield line
        if note:
            yield Padding(Text(note, style="dim"), _INDENT, expand=False)
