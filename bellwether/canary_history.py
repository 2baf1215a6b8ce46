"""PURE: the lines of the history: each order and decision, its author, and its reason below it; it asks nobody."""

from collections.abc import Iterator
from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from communicator.answers.history import Event, History
from communicator.wording.spans import moment

_INDENT = (0, 0, 0, 16)


def render(told: History, zone: tzinfo | None) -> RenderableType:
    """The page.

    Args:
        told: What the canary says.
        zone: In which times of day are shown.
    """
    return Group(*_lines(told, zone))


def _lines(told: History, zone: tzinfo | None) -> Iterator[RenderableType]:
    if told.omitted:
        yield Text(f"{told.omitted} older events are left out", style="dim")
    if not told.events:
        yield Text("Nothing was ordered and nothing decided.")
    for event in told.events:
        yield from _line(event, zone)


def _line(event: Event, zone: tzinfo | None) -> Iterator[RenderableType]:
    yield Text.assemble((moment(event.wall_s, zone), "dim"), f"  {event.who} {event.what}")
    if event.why:
        yield Padding(Text(event.why, style="dim"), _INDENT, expand=False)
