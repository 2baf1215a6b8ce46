"""PURE: flags as a person, or a program, reads them; it does not know where they are."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from communicator.flags.flag import Flag
from communicator.flags.flag_file import fields_of
from communicator.wording.characters import printable
from communicator.wording.counts import count
from communicator.wording.spans import age

_COLOURS = ((90, "bold red"), (50, "red"), (10, "yellow"))
"""Where the sitter mails daily, every third day, weekly."""


def colour(priority: int) -> str:
    """The style of a priority."""
    return next((style for least, style in _COLOURS if priority >= least), "dim")


def to_table(flags: tuple[Flag, ...], now_s: float) -> RenderableType:
    """One line for each flag."""
    if not flags:
        return Text("No flag is up.")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("PRIO", "FLAG", "UP FOR", "MESSAGE"):
        number = column in ("PRIO", "UP FOR")
        table.add_column(column, justify="right" if number else "left", no_wrap=number)
    for flag in flags:
        row = (str(flag.priority), str(flag.name), age(flag.date_s, now_s), flag.message)
        table.add_row(*(Text(printable(cell)) for cell in row), style=colour(flag.priority))
    return table


def to_page(flag: Flag, now_s: float) -> RenderableType:
    """All of one flag."""
    head = Text.assemble((printable(flag.message), colour(flag.priority)))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _facts(flag, now_s):
        table.add_row(name, Text(printable(value)))
    return Group(head, Text(), table, *([Text(), Text(_paragraphs(flag.help))] if flag.help else []))


def document(flag: Flag) -> dict[str, Any]:
    """A flag under the names its file uses; text that is no Unicode is replaced."""
    return {key: _sound(value) for key, value in fields_of(flag).items()}


def _sound(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    if isinstance(value, list):
        return [_sound(each) for each in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _facts(flag: Flag, now_s: float) -> Iterator[tuple[str, str]]:
    yield "flag", str(flag.name)
    yield "priority", f"{flag.priority}{', only a person takes it down' if flag.manual_down else ''}"
    yield "up for", age(flag.date_s, now_s)
    yield "last raised", f"{age(flag.modified_s, now_s)} ago, {count(flag.count, 'time')} in all"
    source = flag.source
    where = ":".join(filter(None, (source.file, str(source.line or ""))))
    told = (
        ("tags", ", ".join(sorted(flag.tags))),
        ("host", flag.hostname),
        ("version", flag.version),
        ("raised in", " ".join(filter(None, (where, source.function)))),
        ("more", flag.help_uri),
    )
    yield from ((name, value) for name, value in told if value)


def _paragraphs(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
