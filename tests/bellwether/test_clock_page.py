"""docs/clock.md tells of each command, option, verdict, state and mark that there is."""

from pathlib import Path

import pytest
import typer

from bellwether.clock_group import application

PAGE = (Path(__file__).parents[2] / "docs/clock.md").read_text()
COMMANDS = typer.main.get_command(application).commands


def test_there_are_commands_to_tell_of():
    assert set(COMMANDS) == {"matrix", "explain", "history", "wait-synced"}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_told_of(name):
    assert f"bellwether clock {name}" in PAGE
    options = {word for parameter in COMMANDS[name].params for word in parameter.opts if word.startswith("--")}
    assert not [option for option in options if option not in PAGE]


@pytest.mark.parametrize("verdict", ["✔ ok", "⚠ suspect", "✖ wrong", "? no majority", "? unknown"])
def test_each_verdict_has_advice(verdict):
    assert f"\n| `{verdict}` | " in PAGE


@pytest.mark.parametrize("state", ["synchronized", "holdover", "unsynchronized", "unknown", "✖ false"])
def test_each_claim_has_advice(state):
    assert f"\n| `{state}` | " in PAGE
