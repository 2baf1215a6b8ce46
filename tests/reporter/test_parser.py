import pytest

from communicator.errors import ScriptError
from communicator.reporter.parser import DEPTH, parse
from communicator.reporter.syntax import (
    ArrayDisplay,
    Binary,
    Instruction,
    Item,
    ListDisplay,
    Literal,
    Operator,
    Parameter,
    Template,
    Unary,
    Variable,
)
from communicator.reporter.values import Word


def expression(text):
    (instruction,) = parse(f"x(y: {text})")
    return instruction.parameters[0].value


def test_instructions_need_nothing_between_them():
    assert parse("run()// a\nlabel ( name : here )exit()") == (
        Instruction("run", ()),
        Instruction("label", (Parameter("name", Literal(Word("here"))),)),
        Instruction("exit", ()),
    )
    assert parse(" // nothing") == ()


one, two, three = Literal(1), Literal(2), Literal(3)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", Binary(Operator.ADD, one, Binary(Operator.MULTIPLY, two, three))),
        ("1 - 2 - 3", Binary(Operator.SUBTRACT, Binary(Operator.SUBTRACT, one, two), three)),
        ("1-(2-3)", Binary(Operator.SUBTRACT, one, Binary(Operator.SUBTRACT, two, three))),
        ("1 / 2 % 3", Binary(Operator.MODULO, Binary(Operator.DIVIDE, one, two), three)),
        ("-1 + +2", Binary(Operator.ADD, Unary(Operator.SUBTRACT, one), Unary(Operator.ADD, two))),
        ("-(1 <=> 2)", Unary(Operator.SUBTRACT, Binary(Operator.COMPARE, one, two))),
        ("$a <=> 1 + 2", Binary(Operator.COMPARE, Variable("a"), Binary(Operator.ADD, one, two))),
        ('"a"', Template(("a",))),
        ("{}", ListDisplay(())),
        ("{ a: 1, b }", ListDisplay((Item("a", one), Item("b", None)))),
        ("[1, 2 + 3]", ArrayDisplay((one, Binary(Operator.ADD, two, three)))),
        ("[]", ArrayDisplay(())),
    ],
)
def test_expressions(text, tree):
    assert expression(text) == tree


def test_nodes_know_where_they_stood():
    instruction = parse("\n  x(y: 1,\n z: 2 + 3)")[0]
    assert instruction.position == (2, 3)
    assert [parameter.position for parameter in instruction.parameters] == [(2, 5), (3, 2)]
    assert instruction.parameters[1].value.position == (3, 7)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("5", (1, 1), "the name of an instruction"),
        ("run", (1, 4), "expected '(' after 'run', not the end of the script"),
        ("run(", (1, 5), "the name of a parameter"),
        ("x(5)", (1, 3), "the name of a parameter"),
        ("x(y)", (1, 4), "expected ':' after the parameter's name 'y', not ')'"),
        ("x(y: )", (1, 6), "expected a value, not ')'"),
        ("x(y: 1 2)", (1, 8), "expected ')' or ','"),
        ("x(y: 1,)", (1, 8), "the name of a parameter"),
        ("x(y: {a b})", (1, 9), "expected '}' or ','"),
        ("x(y: {a: {}})", (1, 10), "expected a value"),
        ("x(y: [1)", (1, 8), "expected ']' or ','"),
        ("x(y: (1 2)", (1, 9), "at the end of the parenthesis"),
        ("x(y: 1 +)", (1, 9), "expected a value"),
        ("run()\nrun(\n", (3, 1), "the name of a parameter"),
        (f"x(y: {'(' * 500}1", (1, 6 + DEPTH), f"deeper than {DEPTH}"),
        (f"x(y: {'-' * 500}1", (1, 6 + DEPTH), f"deeper than {DEPTH}"),
    ],
)
def test_what_does_not_follow_the_grammar_is_an_error_with_its_place(text, place, words):
    with pytest.raises(ScriptError) as caught:
        parse(text, "a.rprtr")
    ((line, column, what),) = caught.value.flaws
    assert (line, column) == place
    assert words in what
    assert str(caught.value).startswith(f"a.rprtr:{line}:{column}: ")
