"""The names of our flags: each is declared, and raised by somebody."""

import ast
from pathlib import Path

from communicator.flags import catalogue
from communicator.flags.catalogue import CONNECTION_FAILED, FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag import FlagName

ROOT = Path(__file__).parents[2]
PACKAGES = ("communicator", "timekeeper", "canary", "exporters", "bellwether")
NAMES = {constant: name for constant, name in vars(catalogue).items() if isinstance(name, FlagName)}


def test_each_is_declared():
    assert set(NAMES.values()) == set(declarations())
    assert len(NAMES) == len(declarations())


def test_those_of_the_ancestor_are_called_as_there():
    told = {str(name): declarations()[name].priority for name in (FILE_WRITE, CONNECTION_FAILED)}
    assert told == {
        "communicatord/neighbors/file-write": 97,
        "communicatord/remote-connection/connection-failed": 95,
    }


def nodes_of_the_source():
    """All that stands in it, as Python reads it."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def raised(node):
    """The constant that stands as the first argument of a call of raise_."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "raise_" and node.args:
        yield getattr(node.args[0], "id", "")


def concluded(node):
    """The constant that is the key of an assignment, or those that are values of a table: which flags a conclusion has stand."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield getattr(node.targets[0].slice, "id", "")
    elif isinstance(node, ast.Dict):
        yield from (getattr(value, "id", "") for value in node.values)


def test_what_is_declared_is_raised():
    found = {constant for node in nodes_of_the_source() for find in (raised, concluded) for constant in find(node)}
    assert found & NAMES.keys() == NAMES.keys()
