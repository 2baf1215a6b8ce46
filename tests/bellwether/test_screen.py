"""Whatever is shown on the screen cannot steer it: tables, styled text, live pictures, results and what is told beside them."""

import io

import pytest
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bellwether.screen import Screen, display
from bellwether.screen_text import tell, write

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\u2066\u2028\x00\r"


def table():
    shown = Table(HOSTILE, title=HOSTILE)
    shown.add_row(Text(HOSTILE, style="red"))
    return shown


def tree():
    shown = Tree(HOSTILE)
    shown.add(Text(HOSTILE))
    return shown


@pytest.mark.parametrize(
    "shown",
    [table(), tree(), Text(HOSTILE), Group(Text(HOSTILE), table()), HOSTILE],
    ids=["table", "tree", "text", "group", "str"],
)
def test_nothing_that_is_shown_steers_a_terminal(shown):
    plain = io.StringIO()
    Screen(file=plain, width=200, markup=False).print(shown)
    assert "gnp" in plain.getvalue()
    assert all(line.isprintable() for line in plain.getvalue().split("\n"))


def test_our_own_colours_stay_and_so_do_lines():
    coloured = io.StringIO()
    screen = Screen(file=coloured, width=80, force_terminal=True, color_system="standard")
    screen.print(Text("one\ntwo", style="red"), Text(HOSTILE))
    assert "\x1b[31mone\x1b[0m\n\x1b[31mtwo\x1b[0m" in coloured.getvalue()
    assert "\x1b[2J" not in coloured.getvalue()
    assert "\u202e" not in coloured.getvalue()


def test_a_live_picture_still_moves_the_cursor():
    moving = io.StringIO()
    with Live(console=Screen(file=moving, width=80, force_terminal=True), auto_refresh=False) as live:
        live.update(Text("one\ntwo"), refresh=True)
        live.update(Text(HOSTILE), refresh=True)
    assert "\x1b[1A" in moving.getvalue()
    assert "\x1b[2J" not in moving.getvalue()


@pytest.mark.parametrize("say", [display, write, tell])
def test_nor_does_a_line_of_text(capsys, say):
    say(f"first\n{HOSTILE}")
    told = "".join(capsys.readouterr())
    assert told.startswith("first\n")
    assert all(line.isprintable() for line in told.split("\n"))
