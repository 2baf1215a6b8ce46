"""PURE: how this host's clock and the cluster did in the last day, a line for each moment; it asks nobody."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether.answers import read_told
from bellwether.clock_words import state_text, verdict_text
from bellwether.failure import CommandError
from communicator.answers.clocks import Point
from communicator.protocol.message import Message
from communicator.wording.spans import duration, signed

T = TypeVar("T")

PARAMETER = "history"
"""Of the question and of its answer."""

_HEADS = ("TIME", "STATE", "BOUND", "VERDICT", "OFFSET", "AGREE", "SPREAD")
_NUMBERS = ("BOUND", "OFFSET", "AGREE", "SPREAD")
_GAP = "  "
_INDENT = (0, 0, 0, 4)


def read_points(message: Message, limit: int) -> Sequence[Point]:
    """The newest points that CLOCK_CURRENT_REPORT carries, the oldest of them first.

    Raises:
        CommandError: It carries none in a way we understand.
    """
    return _read(message, tuple[Point, ...])[-limit:]


def documents(message: Message, limit: int) -> Sequence[object]:
    """The same points as they came, for programs.

    Raises:
        CommandError: It carries none.
    """
    return _read(message, tuple[Any, ...])[-limit:]


def _read(message: Message, shape: type[T]) -> T:
    if not message.get(PARAMETER):
        raise CommandError("the timekeeper keeps no history: it is of an older version")
    return read_told(message, PARAMETER, shape, "the timekeeper's history")


def render(points: Sequence[Point], zone: tzinfo | None = None) -> RenderableType:
    """A line for each point, the newest last; below it what had changed by then.

    Args:
        points: In the order of time.
        zone: In which times of day are told; None for this machine's.
    """
    if not points:
        return Text("Nothing is kept yet: there is a point every 5 minutes.")
    rows = [tuple(Text(head, style="bold") for head in _HEADS), *(_cells(point, zone) for point in points)]
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    return Group(*_lines(rows, ["", *_notes(points)], widths))


def _cells(point: Point, zone: tzinfo | None) -> tuple[Text, ...]:
    compared = point.hosts > 0
    return (
        Text(f"{datetime.fromtimestamp(point.at_seconds, zone):%a %H:%M}"),
        state_text(point.state),
        _length(point.bound_seconds),
        verdict_text(point.verdict) if point.verdict else Text("-"),
        Text("-" if point.offset_seconds is None else signed(point.offset_seconds)),
        Text(f"{point.agreeing}/{point.hosts}" if compared else "-"),
        _length(point.spread_seconds if compared else None),
    )


def _length(seconds: float | None) -> Text:
    return Text("-" if seconds is None else duration(seconds))


def _notes(points: Sequence[Point]) -> Iterator[str]:
    """Of each point, in what it differs from the one before: who is wrong, and whether the clock was set."""
    wrong: tuple[str, ...] = ()
    steps = points[0].steps_total
    for point in points:
        notes = []
        if point.wrong != wrong:
            notes.append(f"wrong: {', '.join(point.wrong)}" if point.wrong else "nobody is wrong any more")
        # a count that has fallen is that of a timekeeper which has started again
        count = point.steps_total - (steps if point.steps_total >= steps else 0)
        if count > 0:
            notes.append("this clock was set" if count == 1 else f"this clock was set {count} times")
        yield "; ".join(notes)
        wrong, steps = point.wrong, point.steps_total


def _lines(rows: Iterable[tuple[Text, ...]], notes: Iterable[str], widths: list[int]) -> Iterator[RenderableType]:
    for cells, note in zip(rows, notes, strict=True):
        for head, cell, size in zip(_HEADS, cells, widths, strict=True):
            cell.align("right" if head in _NUMBERS else "left", size)
        line = Text(_GAP, no_wrap=True, overflow="ellipsis").join(cells)
        line.rstrip()
        yield line
        if note:
            yield Padding(Text(note, style="dim"), _INDENT)
