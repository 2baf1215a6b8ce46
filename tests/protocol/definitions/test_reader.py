"""One definition file: the ancestor's keys as it reads them, ours, and what is said of slips."""

import pytest

from communicator.protocol.definitions.definition import Scope
from communicator.protocol.definitions.reader import read_definition
from communicator.protocol.definitions.remark import Severity


def read(text, command="PRINT"):
    return read_definition(command, text.encode(), f"{command}.conf")


PRINT = r"""
# PRINT parameters
description = prints a file, \
    on paper
broadcast = forbidden
scope = local
reply = PRINTED, PRINT_FAILED
subject = printing
from = anyone
to = printer

[file-name]
description = which file
flags = required

[copies]
type = integer
flags = optional
validator = integer(1...99)

[title]
flags = required, empty

; an elder of title
[caption]
flags = forbidden

# vim: syntax=dosini
"""


def test_what_the_json_of_a_parameter_holds():
    (parameter,) = read(
        "[report]\nvalidator = json\nshape = clocks.ClockReport |\\\n  clocks.Point[]\n"
    ).definition.parameters.values()
    assert parameter.shape == "clocks.ClockReport | clocks.Point[]"


@pytest.mark.parametrize(
    ("text", "is_repeatable"), [("", False), ("repeatable = true", True), ("repeatable = false", False)]
)
def test_a_request_is_repeatable_where_its_file_says_so(text, is_repeatable):
    found = read(f"reply = PRINTED\n{text}\n")
    assert (found.definition.is_repeatable, found.remarks) == (is_repeatable, [])


@pytest.mark.parametrize(("text", "is_secret"), [("", False), ("secret = true", True), ("secret = false", False)])
def test_a_parameter_is_secret_where_its_file_says_so(text, is_secret):
    found = read_definition("PRINT", f"[card]\nflags = optional\n{text}\n".encode(), "")
    assert (found.definition.parameters["card"].is_secret, found.remarks) == (is_secret, [])


def test_a_whole_file():
    found = read(PRINT)
    definition = found.definition
    assert found.remarks == []
    assert definition.command == "PRINT"
    assert definition.description == "prints a file, on paper"
    assert (definition.may_be_broadcast, definition.scope) == (False, Scope.LOCAL)
    assert definition.replies == ("PRINTED", "PRINT_FAILED")
    assert (definition.subject, definition.sender, definition.receiver) == ("printing", "anyone", "printer")
    told = {
        name: (each.type, each.required, each.may_be_empty, each.forbidden, [one.text for one in each.validators])
        for name, each in definition.parameters.items()
    }
    assert told == {
        "file_name": ("string", True, False, False, []),
        "copies": ("integer", False, False, False, ["integer(1...99)"]),
        "title": ("string", True, True, False, []),
        "caption": ("string", False, False, True, []),
    }
    assert definition.parameters["copies"].line == 16


def test_what_nothing_is_said_of_is_allowed():
    definition = read("").definition
    assert (definition.may_be_broadcast, definition.scope) == (True, Scope.CLUSTER)
    assert definition.parameters == {}


@pytest.mark.parametrize(
    ("keys", "required", "may_be_empty"),
    [
        ("description = x", True, True),  # the ancestor's default
        ("flag = required", True, True),  # as in its LOADAVG
        ("flags = optional", False, False),
        ("flags = defined", False, False),
        ("flags = allowed,empty", False, True),
        ("flags = required empty", True, True),
        ("flags =", False, False),
        ("", False, True),  # the ancestor does not see it at all
    ],
)
def test_flags(keys, required, may_be_empty):
    parameter = read(f"[a]\n{keys}").definition.parameters["a"]
    assert (parameter.required, parameter.may_be_empty) == (required, may_be_empty)


def test_a_type_and_a_validator_of_another_kind_both_count():
    parameter = read('[a]\ntype=address\nflags=optional\nvalidator=regex("10[.].*")').definition.parameters["a"]
    assert [each.text for each in parameter.validators] == ["address", 'regex("10[.].*")']


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[a]\nflag = required", 2, "'flag' is no key here, and not read: did you mean 'flags'?"),
        ("[a]\nflags=optional\nzzz = 1", 3, "known are description, type, flags, validator"),
        ("[a]\nflags = requird", 2, "'requird' is no flag, and not read: did you mean 'required'?"),
        ("[a]\nflags = zzz", 2, "known are required, optional"),
        ("[a]\nflags = required,forbidden", 2, "no message can pass"),
        (
            "[a]\nflags=optional\ntype = integre",
            3,
            "'integre' is no type: string, integer, address, timespec, default; taken",
        ),
        ("brodcast = forbidden", 1, "did you mean 'broadcast'?"),
        ("\n[a b]\nflags=optional", 2, "[a b] is not the name of a parameter"),
        ("[a::b]\nflags=optional", 1, "is not the name of a parameter"),
        ("[a]", 1, "[a] says nothing"),
        ("gibberish", 1, "is not KEY = VALUE"),
    ],
)
def test_slips_are_warned_of_and_not_fatal(text, line, words):
    found = read(text)
    assert found.definition is not None
    assert not found.is_refused
    assert [(remark.line, remark.severity) for remark in found.remarks] == [(line, Severity.WARNING)]
    assert words in found.remarks[0].text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("broadcast = maybe", 1, "broadcast = 'maybe' is none of allowed, forbidden"),
        ("\nscope = host", 2, "scope = 'host' is none of local, cluster"),
        ("\n\n[a]\nsecret = yes", 4, "secret = 'yes' is none of true, false"),
        ("\nrepeatable = yes", 2, "repeatable = 'yes' is none of true, false"),
        ("reply = DONE, not-done", 1, "reply: 'not-done' is not a command"),
        ("[a]\nflags = optional\nvalidator = integer(9...1)", 3, "the range ends before it begins"),
        ("[a]\nflags = optional\nvalidator = intger", 3, "validator 'intger' is no validator"),
    ],
)
def test_a_key_of_ours_that_makes_no_sense_is_an_error(text, line, words):
    found = read(text)
    assert found.is_refused
    assert [(remark.line, remark.severity) for remark in found.remarks] == [(line, Severity.ERROR)]
    assert words in found.remarks[0].text


@pytest.mark.parametrize("command", ["print", "READ-ME", "", "1UP"])
def test_a_file_whose_name_is_no_command_is_not_read(command):
    found = read("broadcast = maybe", command)
    assert found.definition is None
    assert [(remark.line, remark.severity) for remark in found.remarks] == [(0, Severity.WARNING)]


def test_parameters_of_every_message_stand_in_a_file_of_their_own():
    found = read("description = x\nscope = local\n[trace]\nflags = optional", "global")
    assert list(found.definition.parameters) == ["trace"]
    assert [remark.line for remark in found.remarks] == [2]
