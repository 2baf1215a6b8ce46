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

    Rows are put together here, and not by a table of rich: that takes half a millisecond for each, and there may be 10,000.

    Args:
        heads: Of the columns; the last one is that of the notes.
        rows: One cell for each column but the last.
        notes: One for each row; it may be empty.
        width: The columns of the screen.
    """
    titles = tuple(Text(head, style="bold") for head in heads[:-1])
    widths = [max(cell.cell_len for cell in column) for column in zip(titles, *rows, strict=True)]
    room = width - sum(widths) - _GAP * len(widths)
    place = _beside if room >= _NOTE_COLUMNS else _below
    lines = [*place(titles, Text(heads[-1], style="bold"), widths, room)]
    for cells, note in zip(rows, notes, strict=True):
        lines += place(cells, Text(note), widths, room)
    return Group(*lines)


def _beside(cells: Cells, note: Text, widths: Sequence[int], room: int) -> Iterator[RenderableType]:
    line = _line(cells, widths)
    if note.cell_len <= room:
        line.no_wrap = True  # it fits, and to find that out again takes as long as all of the rest
        line.append_text(note)
        line.rstrip()
        yield line
    else:
        table = Table.grid()
        table.add_column(width=line.cell_len)
        table.add_column(width=room)
        table.add_row(line, note)
        yield table


def _below(cells: Cells, note: Text, widths: Sequence[int], _room: int) -> Iterator[RenderableType]:
    line = _line(cells, widths)
    line.rstrip()
    yield line
    if note:
        note.style = note.style or "dim"
        yield Padding(note, _INDENT, expand=False)


def _line(cells: Cells, widths: Sequence[int]) -> Text:
    """The cells of a row, each as wide as its column and a gap."""
    line = Text()
    for cell, size in zip(cells, widths, strict=True):
        line.append_text(cell)
        line.append(" " * (size - cell.cell_len + _GAP))
    return line
