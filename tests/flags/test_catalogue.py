"""The catalogue: each flag is declared once, can be raised as it is declared, and is raised by somebody."""

import ast
import string
from pathlib import Path

import pytest

from communicator.flags import catalogue
from communicator.flags.catalogue import CATALOGUE, CONNECTION_FAILED, FILE_WRITE, PAGE_URI, find_declaration
from communicator.flags.flag import FlagName, Source, make_flag_name
from communicator.flags.flag_file import read_flag, write_flag

ROOT = Path(__file__).parents[2]
PACKAGES = ("communicator", "timekeeper", "canary", "exporters", "bellwether")


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(params=CATALOGUE, ids=lambda declared: str(declared.name))
def declared(request):
    return request.param


def test_a_declared_flag_can_be_written_and_says_all(declared):
    details = {name: f"the {name}" for name in fields(declared.message)}
    flag = declared.make(details, source=Source("f", "a/b.py", 7), version="1.2.3", hostname="alpha")
    assert read_flag(write_flag(flag)) == flag
    assert flag.message == declared.message.format(**details)
    assert (flag.name, flag.priority, flag.tags, flag.help) == (
        declared.name,
        declared.priority,
        declared.tags,
        declared.help,
    )
    assert flag.help_uri == f"{PAGE_URI}#{str(declared.name).replace('/', '-')}"


def test_its_name_is_words_alone(declared):
    """A host or a version in it would make it many flags; a digit is where that begins."""
    assert make_flag_name(declared.name.unit, declared.name.section, declared.name.name) == declared.name
    assert not set(str(declared.name)) & set(string.digits)


def test_what_varies_does_not_disturb_its_message(declared):
    awkward = dict.fromkeys(fields(declared.message), "{x} {0} %s\n\\")
    flag = declared.make(awkward, source=Source(), version="", hostname="")
    assert read_flag(write_flag(flag)).message == flag.message
    assert flag.message.count("{x} {0}") == len(awkward)


def test_its_help_says_what_to_do_and_when_it_is_over(declared):
    assert declared.help.rpartition(". ")[2].startswith(("The flag goes down when ", "The flag goes down after "))
    assert len(declared.help) > 200


def test_each_is_declared_once():
    assert len({declared.name for declared in CATALOGUE}) == len(CATALOGUE)
    assert len({declared.anchor for declared in CATALOGUE}) == len(CATALOGUE)
    assert len(CATALOGUE) < 50, "the sitter loads a hundred, and is not ours alone"


def test_those_of_the_ancestor_are_called_as_there():
    assert (str(FILE_WRITE.name), FILE_WRITE.priority) == ("communicatord/neighbors/file-write", 97)
    assert (str(CONNECTION_FAILED.name), CONNECTION_FAILED.priority) == (
        "communicatord/remote-connection/connection-failed",
        95,
    )


def test_a_flag_is_found_by_its_name():
    assert find_declaration(FlagName("communicatord", "neighbors", "file-write")) is FILE_WRITE
    assert find_declaration(FlagName("communicatord", "neighbors", "other")) is None


def nodes_of_the_source():
    """All that stands in it, as Python reads it."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def raised(node):
    """The constant that stands as the first argument of a call of raise_."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "raise_" and node.args:
        yield getattr(node.args[0], "id", "")


def followed(node):
    """The constants of a module's table FLAGS, whose members its package raises and lowers as conclusions change."""
    if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["FLAGS"]:
        yield from (getattr(element, "id", "") for element in getattr(node.value, "elts", ()))


def concluded(node):
    """The constant that is the key of an assignment, or those that are values of a table: which flags a conclusion has stand."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield getattr(node.targets[0].slice, "id", "")
    elif isinstance(node, ast.Dict):
        yield from (getattr(value, "id", "") for value in node.values)


def test_what_is_declared_is_raised():
    declared = {name for name, value in vars(catalogue).items() if isinstance(value, catalogue.Declaration)}
    found = {find: set() for find in (raised, followed, concluded)}
    for node in nodes_of_the_source():
        for find, names in found.items():
            names.update(find(node))
    assert found[followed] <= found[concluded], "a flag that no conclusion has stand"
    assert declared == (found[raised] & declared) | found[followed]
    assert len(CATALOGUE) == len(declared)
