"""The scripts together: every command that passes between the router and somebody else is played by one of them."""

from pathlib import Path

import pytest

from communicator.definitions import load_catalogue
from communicator.protocol.names import ROUTER_SERVICE, is_command_name
from communicator.reporter.resolver import load
from communicator.reporter.syntax import Literal
from communicator.reporter.values import text_of
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.authority import RULES

TESTS = Path(__file__).parents[1]
WAITED_FOR = ("set_variable", "value")
"""Scripts wait in a subroutine, which a variable tells what for."""


def spoken(step):
    """The commands that an instruction sends, waits for or expects, as far as they are written out."""
    for name, value in step.arguments.items():
        if name == "command" or (step.name, name) == WAITED_FOR:
            text = text_of(value.value) if isinstance(value, Literal) else ""
            if is_command_name(text):
                yield text


PLAYED = {
    command
    for path in TESTS.rglob("*.rprtr")
    for step in load(path.read_text(), str(path)).steps
    for command in spoken(step)
}
DEFINED = {
    command
    for command, definition in load_catalogue([])[0].definitions.items()
    if ROUTER_SERVICE in f"{definition.sender} {definition.receiver}"
}


def test_commands_are_found():
    assert {"REGISTER", "RUN_ENDED", "HANGUP", "TAPPED"} <= DEFINED
    assert {"REGISTER", "READY", "PING"} <= PLAYED


@pytest.mark.parametrize("command", sorted({*HANDLERS, *RULES, *DEFINED}))
def test_every_command_of_the_router_is_played_in_a_script(command):
    assert command in PLAYED
