"""tools/messages-page on a catalogue of one command."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import pytest

from communicator.protocol.definitions import SourceFile, read_catalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    sys.path.insert(0, str(ROOT / "tools"))
    loader = importlib.machinery.SourceFileLoader("messages_page", str(ROOT / "tools" / "messages-page"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("messages_page", loader))
    loader.exec_module(module)
    return module


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
