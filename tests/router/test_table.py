import re
from pathlib import Path

from communicator.protocol.names import is_command_name
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.authority import RULES
from communicator.router.vocabulary.envelope import ROUTER_PARAMETERS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "messages.md"


def test_each_command_of_the_router_is_documented():
    written = set(re.findall(r"\b[A-Z][A-Z_]+\b", PAGE.read_text()))
    assert set(HANDLERS) | set(RULES) - {"VERSION_BLOCKED"} <= written


def test_each_command_of_the_companions_is_documented():
    text = PAGE.read_text()
    sources = [path.read_text() for package in ("timekeeper", "canary") for path in (ROOT / package).rglob("*.py")]
    handlers = re.compile(r'\bon\("([A-Z_]+)"\)|\("([A-Z_]+)", self\.\w+\)')
    handled = {one or other for source in sources for one, other in handlers.findall(source)}
    assert {"CLOCK_GET_REPORT", "CANARY_GET_REPORT"} <= handled
    assert not [command for command in handled if command not in text]


def test_each_parameter_that_routers_write_is_documented():
    assert set(re.findall(r"`([a-z_]+)`", PAGE.read_text())) >= ROUTER_PARAMETERS


def test_handlers_are_for_proper_commands_only():
    assert all(is_command_name(command) for command in HANDLERS)
