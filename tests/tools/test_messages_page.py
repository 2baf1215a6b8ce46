"""docs/messages.md is what the definitions say."""

import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from communicator.definitions import load_catalogue
from communicator.protocol.definitions import SourceFile, read_catalogue

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "messages.md"
CATALOGUE, _ = load_catalogue([])


@pytest.fixture(scope="module")
def tool():
    sys.path.insert(0, str(ROOT / "tools"))
    loader = importlib.machinery.SourceFileLoader("messages_page", str(ROOT / "tools" / "messages-page"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("messages_page", loader))
    loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    made = subprocess.run([sys.executable, ROOT / "tools/messages-page"], capture_output=True, text=True, check=True)
    assert PAGE.read_text() == made.stdout, "run: tools/messages-page > docs/messages.md"


@pytest.mark.parametrize("command", CATALOGUE.definitions)
def test_each_command_stands_on_the_page_once(command):
    assert PAGE.read_text().count(f"\n### {command}\n") == 1


def test_each_chapter_has_something_in_it(tool):
    assert {definition.subject for definition in CATALOGUE.definitions.values()} == set(tool.SUBJECTS)


def test_a_command_as_it_is_shown(tool):
    text = """
        description = weighs a * b
        subject = the clock
        from = anyone
        to = scales
        scope = local
        broadcast = forbidden
        reply = WEIGHED, TOO_HEAVY
        [weight]
        description = in g | oz
        flags = required, empty
        validator = enum(g|oz)
    """
    catalogue, _ = read_catalogue([SourceFile("WEIGH.conf", "WEIGH", text.encode())])
    assert (
        "\n### WEIGH\n\nWeighs a \\* b.\n\nFrom anyone; to scales. Answered by WEIGHED or TOO_HEAVY. It stays on its host.\n\n"
        "| parameter | | values | meaning |\n|---|---|---|---|\n"
        "| `weight` | required, may be empty | `enum(g\\|oz)` | in g \\| oz |\n"
    ) in tool.render(catalogue)
