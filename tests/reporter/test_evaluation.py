import pytest

from communicator.reporter.evaluation import evaluate, infer, variables_in
from communicator.reporter.parser import parse
from communicator.reporter.values import Address, Items, Timestamp, Type, ValueTypeError, Word

VARIABLES = {"i": 5, "s": "text", "w": Word("word"), "t": Timestamp(1_500_000_000), "v": None, "a": Address("::1", 80)}


def expression(text):
    return parse(f"x(y: {text})")[0].parameters[0].value


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("word", Word("word"), Type.IDENTIFIER),
        ("3 + 2 * 5", 13, Type.INTEGER),
        ("-7 + 15 / 3", -2, Type.INTEGER),
        ("(3 + 2) * 5", 25, Type.INTEGER),
        ("$i + 1", 6, None),
        ("-$i", -5, None),
        ("$i <=> 5", 0, None),
        ('"[${s}|$i|$w|$t|$v|$a]"', "[text|5|word|1.500000000||[::1]:80]", Type.STRING),
        ("'$i'", "$i", Type.STRING),
        ("'a' + 'b' + 1", "ab1", Type.STRING),
        ("{ a: $i, b, c: 'x' }", Items((("a", 5), ("b", None), ("c", "x"))), Type.LIST),
        ("[1, $s]", (1, "text"), Type.ARRAY),
    ],
)
def test_values_and_types(text, value, kind):
    tree = expression(text)
    assert evaluate(tree, VARIABLES) == value
    assert infer(tree) is kind


def test_a_variable_that_is_not_set():
    for text in ("$nobody", '"a ${nobody}"', "{ a: $nobody }"):
        with pytest.raises(ValueTypeError, match="variable 'nobody' is not set"):
            evaluate(expression(text), VARIABLES)


@pytest.mark.parametrize("text", ["1 + <::1> * 2", "$i + ('a' - 'b')", "[1, -'a']", "{ a: -'a' }"])
def test_what_can_never_be_computed_is_known_before(text):
    with pytest.raises(ValueTypeError):
        infer(expression(text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("word", []),
        ("'$a'", []),
        ("$a", ["a"]),
        ('"x"', []),
        ('"x $a ${b}"', ["a", "b"]),
        ("-$a + 1 * $b", ["a", "b"]),
        ("{ x: $a, y, z: -$b }", ["a", "b"]),
        ("[1, $a, '$b']", ["a"]),
    ],
)
def test_the_variables_of_an_expression(text, names):
    assert list(variables_in(expression(text))) == names
