import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.reporter.lexer import tokenize
from communicator.reporter.parser import parse
from communicator.reporter.syntax import (
    ArrayDisplay,
    Binary,
    Instruction,
    Item,
    ListDisplay,
    Literal,
    Operator,
    Parameter,
    Pattern,
    Template,
    Unary,
    Variable,
)
from communicator.reporter.values import Address, Regex, Timestamp, Word
from tests.reporter.printer import print_program

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "NaN")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
nan = next(tokenize("NaN")).value
addresses = st.builds(
    Address,
    host=st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.just("host.example")),
    port=st.integers(0, 65535),
) | st.just(Address(path="/run/a.sock"))
literals = st.one_of(
    st.integers(0, 2**127 - 1),
    st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    st.just(nan),
    names.map(Word),
    texts,
    texts.map(lambda text: Regex("".join(f"[{c}]" if c in "`." else "" for c in text) + r"\\d+\.`")),
    st.integers(0, 10**20).map(Timestamp),
    addresses,
).map(Literal)


def glued(parts):
    """There are never two texts in a row, nor an empty one."""
    whole = []
    for part in parts:
        if isinstance(part, str) and whole and isinstance(whole[-1], str):
            whole[-1] += part
        elif part != "":
            whole.append(part)
    return tuple(whole)


def interpolated(texts):
    return st.lists(texts | names.map(Variable), max_size=5).map(glued)


templates = interpolated(texts).map(Template)
ordinary = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r\\[$"), max_size=10)
dollars = st.sampled_from(["$|", "$5", r"\$", r"\$x", r"\${", "[$a-z]", r"\[", r"\\", r"\d", "(", "`"])
patterns = (
    interpolated(ordinary | dollars)
    .filter(lambda parts: any(isinstance(part, Variable) for part in parts))
    .map(Pattern)
)
expressions = st.recursive(
    literals | templates | patterns | names.map(Variable),
    lambda inner: st.one_of(
        st.builds(Unary, st.sampled_from([Operator.ADD, Operator.SUBTRACT]), inner),
        st.builds(Binary, st.sampled_from(list(Operator)), inner, inner),
    ),
    max_leaves=12,
)
displays = st.builds(ListDisplay, st.lists(st.builds(Item, names, st.none() | expressions), max_size=4).map(tuple))
arrays = st.builds(ArrayDisplay, st.lists(expressions, max_size=4).map(tuple))
parameters = st.builds(Parameter, names, expressions | displays | arrays)
programs = st.lists(st.builds(Instruction, names, st.lists(parameters, max_size=4).map(tuple)), max_size=5).map(tuple)


@given(programs)
def test_what_is_printed_parses_to_the_same_tree(program):
    printed = print_program(program)
    assert parse(printed) == program
    assert print_program(parse(printed)) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("x(y:(1+2)*3)", "x(y: (1 + 2) * 3)\n"),
        ("x(y:(1*2)+3)", "x(y: 1 * 2 + 3)\n"),
        ("x(y:1-(2-3))", "x(y: 1 - (2 - 3))\n"),
        ("x(y:-(1+2))", "x(y: -(1 + 2))\n"),
        ("x(y: { }, z: {a:1,b})", "x(y: {}, z: { a: 1, b })\n"),
        ("x(y: NaN)", "x(y: NaN)\n"),
    ],
)
def test_no_parenthesis_too_many(text, printed):
    assert print_program(parse(text)) == printed


def test_nan_is_equal_to_itself_in_a_tree():
    assert math.isnan(nan)
    assert parse("x(y: NaN)") == parse("x(y: NaN)")
