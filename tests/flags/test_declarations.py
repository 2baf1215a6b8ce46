"""What is declared of each flag can be raised as it is, and tells an operator what to do."""

import string
from importlib import resources

import pytest

from communicator.flags.declarations import PAGE_URI, declarations
from communicator.flags.flag import Source, make_flag_name
from communicator.flags.flag_file import read_flag, write_flag


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(params=declarations().values(), ids=lambda declared: str(declared.name))
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
    text = resources.files("communicator.flags").joinpath("flags.toml").read_text()
    assert text.count("[[flag]]") == len({declared.anchor for declared in declarations().values()})
    assert len(declarations()) < 50, "the sitter loads a hundred, and is not ours alone"
