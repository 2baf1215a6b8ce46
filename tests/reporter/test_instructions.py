"""What instructions do that need nobody outside: scripts, and what is left of them."""

import math

import pytest

from communicator.protocol import Message
from communicator.reporter.machine import Machine
from communicator.reporter.resolver import load
from communicator.reporter.state import State
from communicator.reporter.values import Timestamp, Word, type_of


def left_by(text, **variables):
    machine = Machine(load(text), variables)
    (*_, end) = machine.start(0.0)
    assert end.failure is None, end.failure
    return dict(machine.state.variables)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("set_variable(name: a, value: 3 + 2)", {"a": 5}),
        ("set_variable(name: a, value: word)", {"a": Word("word")}),
        ("set_variable(name: a, value: '1.5', type: timestamp)", {"a": Timestamp(1_500_000_000)}),
        ("set_variable(name: a, value: 1) unset_variable(name: a) unset_variable(name: a)", {}),
        ("hex(variable_name: a, value: 0x1a4fd2)", {"a": "1a4fd2"}),
        ("hex(variable_name: a, value: 0xabcdef, uppercase: 1, width: 8)", {"a": "00ABCDEF"}),
        ("hex(variable_name: a, value: 0xabcdef, uppercase: 0)", {"a": "abcdef"}),
        ("strlen(variable_name: a, string: 'häh')", {"a": 4}),
        ("set_variable(name: a, value: 5)set_variable(name: b, value: -1)sort(var1: a, var2: b)", {"a": -1, "b": 5}),
        (
            "set_variable(name: a, value: 'x')set_variable(name: b, value: 'x')sort(var2: a, var1: b)",
            {"a": "x", "b": "x"},
        ),
        (
            "call(label: f) set_variable(name: b, value: 2) exit() label(name: f) set_variable(name: a, value: 1) return()",
            {"a": 1, "b": 2},
        ),
        ("save_parameter_value(parameter_name: x, variable_name: a)", {"a": ""}),
        ("save_parameter_value(parameter_name: x, variable_name: a, type: integer)", {"a": 0}),
    ],
)
def test_variables(text, variables):
    found = left_by(text)
    assert found == variables
    assert {name: type_of(value) for name, value in found.items()} == {
        name: type_of(value) for name, value in variables.items()
    }


BRANCHES = (
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "equal",
    "false",
    "not_equal",
    "true",
    "ordered",
    "unordered",
)


@pytest.mark.parametrize(
    ("comparison", "taken"),
    [
        ("1 <=> 2", {"less", "less_or_equal", "not_equal", "true", "ordered"}),
        ("2 <=> 2", {"equal", "false", "less_or_equal", "greater_or_equal", "ordered"}),
        ("2 <=> 1", {"greater", "greater_or_equal", "not_equal", "true", "ordered"}),
        ("NaN <=> 1", {"unordered"}),
    ],
)
@pytest.mark.parametrize("branch", BRANCHES)
def test_branches(comparison, taken, branch):
    text = (
        f"compare(expression: {comparison}) set_variable(name: jumped, value: 1)"
        f"if({branch}: there) set_variable(name: jumped, value: 0) label(name: there)"
    )
    assert left_by(text)["jumped"] == (branch in taken)


@pytest.mark.parametrize(
    ("value", "branch"),
    [
        (5, "greater"),
        (-5, "less"),
        (0, "equal"),
        (7.3, "greater"),
        (-7.3, "less"),
        (0.0, "equal"),
        (math.nan, "unordered"),
    ],
)
def test_branches_by_a_variable(value, branch):
    text = f"if(variable: v, {branch}: there) error(message: 'not {branch}') label(name: there)"
    left_by(text, v=value)


def test_a_variable_that_is_not_set_is_unordered():
    left_by("if(variable: v, unordered: there) error(message: 'set') label(name: there)")


@pytest.mark.parametrize(
    ("variables", "kind", "branch"),
    [
        ({}, "void", "unordered"),
        ({"v": 33}, "integer", "true"),
        ({"v": 33}, "string", "false"),
        ({"v": "3.3"}, "string", "true"),
        ({"v": Word("w")}, "identifier", "true"),
        ({"v": Timestamp(1)}, "timestamp", "true"),
        ({"v": None}, "void", "true"),
    ],
)
def test_types(variables, kind, branch):
    left_by(f"has_type(name: v, type: {kind}) if({branch}: there) error(message: 'no') label(name: there)", **variables)


HELD = Message("PRINT", {"file": "a.txt", "copies": "2"}, service="printer", sent_from_service="asker")


def test_what_is_held_is_shown_as_on_the_wire():
    state = State(load(""), {})
    assert state.held == ""
    state.message = HELD
    assert state.held == "<:asker printer/PRINT copies=2;file=a.txt"
