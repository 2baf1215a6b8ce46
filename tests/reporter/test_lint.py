"""What a script that can run may fail on later."""

import pytest

from communicator.reporter.lint import lint
from communicator.reporter.resolver import load


def found(text, variables=()):
    return [(*flaw.position, flaw.text) for flaw in lint(load(text), variables)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "label(name: a) goto(label: a)",
        "set_variable(name: a, value: 1) print(message: $a)",
        'print(message: "${a}") hostname(variable_name: a)',
        "save_parameter_value(parameter_name: x, variable_name: a) verify_message(command: `$a`)",
        "has_message() if(variable: a, unordered: b) label(name: b) strlen(variable_name: 'a', string: x)",
        "set_variable(name: a, value: 1) set_variable(name: b, value: 2) sort(var1: a, var2: b)",
        "verify_message(command: A)",
        "verify_message(command: A, required_parameters: { b: `^(a|b)$` })",
    ],
)
def test_nothing_to_warn_of(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("goto(label: nowhere)", (1, 13), "label 'nowhere' is not defined"),
        ("call(label: nowhere)", (1, 13), "label 'nowhere' is not defined"),
        ("has_message()\nif(false: nowhere)", (2, 11), "label 'nowhere' is not defined"),
        ("label(name: again)\ngoto(label: agian)", (2, 13), "did you mean 'again'?"),
        ("print(message: $a)", (1, 16), "variable 'a' is never set"),
        ('print(message: "is ${a}")', (1, 20), "variable 'a' is never set"),
        ("verify_message(command: `^$a$`)", (1, 27), "variable 'a' is never set"),
        ("send_message(command: A, parameters: { x: 1, y: $a })", (1, 49), "variable 'a' is never set"),
        ("set_variable(name: host, value: 1)\nprint(message: $hots)", (2, 16), "did you mean 'host'?"),
        ("label(name: a) if(variable: b, true: a)", (1, 29), "variable 'b' is never set"),
        ("sort(var1: a)", (1, 12), "variable 'a' is never set"),
        ("has_type(name: a, type: integer)", (1, 16), "variable 'a' is never set"),
        ("set_variable(name: a, value: `(`)", (1, 30), "'(' is not a regular expression"),
    ],
)
def test_what_is_warned_of(text, place, words):
    (warning,) = found(text)
    assert warning[:2] == place
    assert words in warning[2]


def test_a_name_is_warned_of_once_and_in_the_order_of_the_script():
    text = 'print(message: "$b")\ngoto(label: x) call(label: x)\nprint(message: $a + $b)'
    assert [warning[:2] for warning in found(text)] == [(1, 17), (2, 13), (3, 16)]


def test_a_variable_that_is_given_is_set():
    assert found("print(message: $a)", ["a"]) == []


def test_where_a_name_is_computed_any_variable_may_be_set_by_it():
    assert found("set_variable(name: $b + '1', value: 1) print(message: $a)", ["b"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "verify_message(command: A, required_parameters: { b: `^(${a}|two$` })",
        "verify_message(command: `(` + $a)",
    ],
)
def test_a_regular_expression_that_no_ordinary_value_makes_one(text):
    (warning,) = found(text, ["a"])
    assert "is not a regular expression" in warning[2]
    assert "$a" in warning[2]
