import re
from pathlib import Path

from communicator.protocol.names import is_command_name
from communicator.router.authority import RULES
from communicator.router.commands.table import HANDLERS

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def test_each_command_of_the_router_is_documented():
    written = set(re.findall(r"\b[A-Z][A-Z_]+\b", PAGE.read_text()))
    assert set(HANDLERS) | set(RULES) - {"VERSION_BLOCKED"} <= written


def test_handlers_are_for_proper_commands_only():
    assert all(is_command_name(command) for command in HANDLERS)
