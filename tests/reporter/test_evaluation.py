import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.reporter.evaluation import evaluate, infer, variables_in
from communicator.reporter.parser import parse
from communicator.reporter.values import Address, Items, Regex, Timestamp, Type, ValueTypeError, Word

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
        ("`^$i|${s}$`", Regex("^5|text$"), Type.REGEX),
        ("`^${a}`", Regex("^[::1]:80"), Type.REGEX),
        ("`($i` + '.' + `$w)`", Regex(r"(5\.word)"), Type.REGEX),
        (
            """'{"id":"' + "${s}" + '","date=' + `[0-9]+(\\\\.[0-9]+)?` + '|on"}'""",
            Regex(re.escape('{"id":"text","date=') + r"[0-9]+(\.[0-9]+)?" + re.escape('|on"}')),
            Type.REGEX,
        ),
        ("$nobody", "", None),
        ('"a ${nobody}$nobody!"', "a !", Type.STRING),
        ("`^$nobody$`", Regex("^$"), Type.REGEX),
        ("{ a: $nobody }", Items((("a", ""),)), Type.LIST),
        ("[$nobody]", ("",), Type.ARRAY),
        ("$nobody + 1", "1", None),
        ("$nobody <=> ''", 0, None),
        ("$nobody <=> 'a'", -1, None),
        ("$nobody * 3", "", None),
        ("'a' + 'b' + 1", "ab1", Type.STRING),
        ("{ a: $i, b, c: 'x' }", Items((("a", 5), ("b", None), ("c", "x"))), Type.LIST),
        ("[1, $s]", (1, "text"), Type.ARRAY),
    ],
)
def test_values_and_types(text, value, kind):
    tree = expression(text)
    assert evaluate(tree, VARIABLES) == value
    assert infer(tree) is kind


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-$nobody", "string has no negative"),
        ("$nobody - 1", "no '-' between string and integer"),
        ("$nobody <=> 5", "no '<=>' between string and integer"),
        ("@5 + $nobody", "no '+' between timestamp and string"),
    ],
)
def test_a_variable_that_is_not_set_is_a_string_and_nothing_else(text, words):
    with pytest.raises(ValueTypeError, match=re.escape(words)):
        evaluate(expression(text), VARIABLES)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
plains = st.text(st.characters(codec="utf-8", exclude_characters='\0\n\r\\`"$[]'), max_size=6)


@given(plains, plains, st.dictionaries(st.sampled_from(["a", "b"]), texts))
def test_what_stands_in_a_string_stands_in_a_regular_expression(before, after, variables):
    body = f"{before}${{a}}{after}${{b}}"
    whole = f"{before}{variables.get('a', '')}{after}{variables.get('b', '')}"
    assert evaluate(expression(f'"{body}"'), variables) == whole
    assert evaluate(expression(f"`{body}`"), variables) == Regex(whole)


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
        ("`^$a|${b}$`", ["a", "b"]),
    ],
)
def test_the_variables_of_an_expression(text, names):
    assert [variable.name for variable in variables_in(expression(text))] == names
