"""How flags look."""

import json

import pytest
from rich.console import Console

from bellwether.answers import to_json
from bellwether.flags_view import colour, document, to_page, to_table
from communicator.flags.flag import Flag, FlagName, Source

FLAG = Flag(
    name=FlagName("timekeeper", "clock", "offset"),
    message="wrong \udcff[b]\nclock",
    priority=90,
    source=Source("check", "timekeeper/check.py", 7),
    version="1.0",
    hostname="alpha",
    help="one\ntwo \x1b",
    help_uri="file:///x",
    date_s=1000,
    modified_s=4000,
    count=3,
)


def shown(what, width=100):
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize(
    ("priority", "style"),
    [
        (100, "bold red"),
        (90, "bold red"),
        (89, "red"),
        (50, "red"),
        (49, "yellow"),
        (10, "yellow"),
        (9, "dim"),
        (0, "dim"),
    ],
)
def test_the_colour_is_how_often_the_sitter_mails(priority, style):
    assert colour(priority) == style


def test_a_page_tells_all_and_cannot_steer_the_terminal():
    assert shown(to_page(FLAG, 8_200)) == [
        "wrong \\udcff[b]\\nclock",
        "",
        "flag         timekeeper/clock/offset",
        "priority     90",
        "up for       2 h",
        "last raised  1 h ago, 3 times in all",
        "host         alpha",
        "version      1.0",
        "raised in    timekeeper/check.py:7 check",
        "more         file:///x",
        "",
        "one",
        "two \\x1b",
    ]


def test_what_is_not_known_has_no_line():
    assert shown(to_page(Flag(name=FLAG.name, message="m"), 8_200)) == [
        "m",
        "",
        "flag         timekeeper/clock/offset",
        "priority     5",
        "up for       ?",
        "last raised  ? ago, 1 time in all",
    ]


def test_a_table():
    assert shown(to_table((FLAG,), 8_200)) == [
        "PRIO  FLAG                     UP FOR  MESSAGE",
        "  90  timekeeper/clock/offset     2 h  wrong \\udcff[b]\\nclock",
    ]
    assert shown(to_table((), 0)) == ["No flag is up."]


def test_a_document_is_json_whatever_it_holds():
    [told] = json.loads(to_json([document(FLAG)]))
    assert told == document(FLAG)
    assert (told["message"], told["line"], told["date"], told["tags"]) == ("wrong ?[b]\nclock", 7, 1000, [])
