"""The definitions the suite ships: one for every command it speaks, and each one that a C++ router can read."""

import ast
import re

from checks.tree import MODULES, ROOT, source
from communicator.definitions import load_catalogue
from communicator.protocol.names import is_command_name
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.authority import RULES

CATALOGUE, _ = load_catalogue([])
SPEAKERS = ("communicator/router", "communicator/client", "timekeeper", "canary", "exporters", "bellwether")
SAYING = frozenset(("Message", "answer", "tell", "tell_listeners", "reply", "say", "_to_sender", "MessageRefusedError"))
"""Calls with a command among their arguments."""
NO_COMMAND = frozenset(("TEXT",))
"""What a text is written with only to see whether it can be written."""


def commands_said(text):
    """The commands that a module says or listens for, as far as they stand in it."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in SAYING or name in ("on", "request", "Target"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


SAID = {
    command
    for module in MODULES
    if module.as_posix().startswith(SPEAKERS)
    for command in commands_said(source(module))
    if is_command_name(command)
} - NO_COMMAND


def test_commands_are_found_in_sources():
    assert {"SLOW_CONSUMER", "CLOCK_STABLE", "CANARY_GET_REPORT", "CLUSTER_GET_GRAPH", "ROUTER_GET_STATS"} <= SAID


def test_every_command_the_suite_speaks_is_defined():
    assert {*HANDLERS, *RULES, *SAID} - set(CATALOGUE.definitions) == set()
    texts = ("description", "subject", "sender", "receiver")
    bare = [name for name, each in CATALOGUE.definitions.items() if not all(getattr(each, text) for text in texts)]
    assert bare == []


def test_the_ancestor_can_read_them():
    """A C++ router ends when it meets an unknown type or flag."""
    for path in sorted((ROOT / "communicator/definitions").glob("*.conf")):
        text = path.read_text().replace("\\\n", "")
        types = re.findall(r"^type = (.*)$", text, re.MULTILINE)
        assert set(types) <= {"integer", "address", "timespec"}, path.stem
        flags = re.findall(r"^flags = (.*)$", text, re.MULTILINE)
        known = {"required", "optional", "empty"}
        assert {flag.strip() for listed in flags for flag in listed.split(",")} <= known, path.stem
        if path.stem != "global":
            assert re.findall(r"^(broadcast|scope) = ", text, re.MULTILINE) == ["broadcast", "scope"], path.stem
