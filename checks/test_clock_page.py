"""docs/clock.md tells of each command, option, verdict, state and mark that there is."""

import typer

from bellwether.clock_group import application
from checks.tree import ROOT, options_of

PAGE = (ROOT / "docs/clock.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_there_are_commands_to_tell_of():
    assert set(COMMANDS) == {"matrix", "references", "explain", "history", "wait-synced"}


def test_each_command_is_told_of():
    assert [name for name in COMMANDS if f"bellwether clock {name}" not in PAGE] == []
    options = options_of(COMMANDS)
    assert [option for option in options if option not in PAGE] == []


def test_each_verdict_and_each_claim_has_advice():
    verdicts = ("✔ ok", "⚠ suspect", "✖ wrong", "? no majority", "? unknown")
    claims = ("synchronized", "holdover", "unsynchronized", "unknown", "✖ false")
    assert [word for word in (*verdicts, *claims) if f"\n| `{word}` | " not in PAGE] == []
