"""SHELL: the terminal for tables and colours; nothing that somebody else has written can steer it, whatever shows it."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bellwether.screen_text import write
from communicator.wording.characters import printable_lines


class Screen(Console):
    """A terminal, or what stands in its place, on which all text is made printable; colours and movements are our own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is written for something that rich can show."""
        for segment in super().render(renderable, options):
            is_harmless = segment.control is not None or segment.text.isprintable()
            yield segment if is_harmless else Segment(printable_lines(segment.text), segment.style)


def display(what: str | RenderableType) -> None:
    """Write a result: lines of text, or something that rich can show."""
    if isinstance(what, str):
        write(what)
    else:
        Screen().print(what)
