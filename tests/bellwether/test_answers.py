"""What daemons answer, read for a command or passed on to a program."""

import json

import pytest

from bellwether.answers import as_told, read_told, to_json
from bellwether.failure import CommandError
from communicator.answers.clocks import ClockReport, Local
from communicator.protocol import Message

WHAT = "the timekeeper's report"


def message(text):
    return Message("CLOCK_CURRENT_REPORT", {"report": text})


def test_an_answer_is_read():
    told = message('{"local": {"server": "a\\u001b"}}')
    assert read_told(told, "report", ClockReport, WHAT) == ClockReport(Local("a\\x1b"))


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"local": 3}', "[" * 200_000], ids=range(5))
def test_what_is_none_is_refused_by_its_name(text):
    with pytest.raises(CommandError, match=r"^the timekeeper's report cannot be read: "):
        read_told(message(text), "report", ClockReport, WHAT)


def test_programs_get_an_answer_as_it_came():
    text = as_told(message('{"local":{"server":"alpha"},"later":{"new":[1,null]}}'), "report", WHAT)
    assert json.loads(text) == {"local": {"server": "alpha"}, "later": {"new": [1, None]}}
    assert text.startswith('{\n  "local": {\n')


def test_programs_get_what_was_found_out_besides():
    text = as_told(message('{"offset":1e-07}'), "report", WHAT, not_enforced=["c"])
    assert text == '{\n  "offset": 1e-07,\n  "not_enforced": [\n    "c"\n  ]\n}'


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", "[" * 200_000], ids=range(4))
def test_programs_get_no_garbage(text):
    with pytest.raises(CommandError, match="cannot be read"):
        as_told(message(text), "report", WHAT)


def test_programs_get_anything_of_ours():
    assert json.loads(to_json([Local("alpha")]))[0]["server"] == "alpha"
