import re
from pathlib import Path

from communicator.router.authority import RULES
from communicator.router.commands.table import HANDLERS

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def test_each_command_of_the_router_is_documented():
    written = set(re.findall(r"\b[A-Z][A-Z_]+\b", PAGE.read_text()))
    assert set(HANDLERS) | set(RULES) - {"VERSION_BLOCKED"} <= written
