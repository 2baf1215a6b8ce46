"""Expressions for many lines: shapes are learnt, within bounds, and what is not known is left to be looked at."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import decode
from communicator.protocol.definitions import Parameter
from communicator.protocol.definitions.line_patterns import (
    HEADS_KEPT,
    MISSES_TOLD,
    NAMES_MAX,
    SHAPES_KEPT,
    LinePatterns,
)
from communicator.protocol.definitions.validator import parse_validator

LETTERS = "abcd"


def match_all(patterns, head, lines):
    return next(patterns.misses(head, lines), None) is None


@pytest.fixture
def patterns():
    return LinePatterns(Parameter(name=name, required=name == "a") for name in LETTERS)


def test_lines_that_are_not_matched_are_named(patterns):
    usual, other = b"x/C a=1\n", b"x/C b=2;a=1\n"
    odd = [b"x/C b=1\n", b"x/C a=\\n\n", b"x/C a=\xff\n", b"x/C a=\0\n", b"\n", b'x/C a="1\n']
    lines = [usual, odd[0], odd[1], other, usual, odd[1], *odd[2:], other]
    assert sorted(patterns.misses(b"x/C", b"".join(lines))) == sorted([*odd, odd[1]])
    assert list(patterns.misses(b"x/C", usual + other + usual)) == []
    assert list(patterns.misses(b"x/C", b"")) == []


@pytest.mark.parametrize(("number", "is_many"), [(MISSES_TOLD - 1, False), (MISSES_TOLD, True)])
def test_behind_many_lines_that_are_not_matched_all_are_named(patterns, number, is_many):
    usual, odd = b"x/C a=1\n", b"x/C b=1\n"
    found = list(patterns.misses(b"x/C", odd * number + usual + odd + usual))
    assert found == [odd] * number + ([usual, odd, usual] if is_many else [odd])


@pytest.mark.parametrize("end", [b"\n", b";\n"])
def test_values_of_any_text_but_the_special_ones(patterns, end):
    assert match_all(patterns, b"x/C", b"x/C a=1 2=3,\xc3\xa9~\t\x7f;b=." + end)


@pytest.mark.parametrize(
    "line",
    [
        b"x/C a=\n",
        b"x/C a=1 \n",
        b"x/C a=1\t\n",
        b"x/C a=1;;\n",
        b"x/C  a=1\n",
        b"x/C a=1; b=2\n",
        b"x/C a=1;a=2\n",
        b"x/C b=1\n",
        b"x/C\n",
        b"x/C \n",
        b"x/CD a=1\n",
        b"x/C a\n",
        b"x/C a=\\n\n",
        b"x/C a=1\v\n",
        b"x/C a=1\r\n",
        b"x/C a=1\x00;b=2\n",
        b'x/C a="1;b=2\n',
        b'x/C a="1"2\n',
        b'x/C a="1" \n',
        b'x/C a="1";;\n',
        b'x/C a=""\n',
        b'x/C a="\n',
        b'x/C a=";"b=2\n',
        b'x/C a="1\\"\n',
        b"x/C a=\xc3\n",
        b"\n",
        b"y/C a=1\n",
    ],
)
def test_whatever_is_odd_is_left_alone(patterns, line):
    assert not match_all(patterns, b"x/C", line)
    assert match_all(patterns, b"x/C", b"x/C a=1\n")
    assert not match_all(patterns, b"x/C", b"x/C a=1\n" + line)


@pytest.mark.parametrize(
    "line",
    [
        b'x/C a="1"\n',
        b'x/C a="1";\n',
        b'x/C a="1;b=2;"\n',
        b'x/C a=";"\n',
        b'x/C b="=;=";a="x ";c=3\n',
        b'x/C a=1"2;b="3";c=4"\n',
    ],
)
def test_values_in_quotes(patterns, line):
    assert match_all(patterns, b"x/C", line)
    assert match_all(patterns, b"x/C", b"x/C a=1\n" + line * 2 + b"x/C a=1\n")


@pytest.mark.parametrize("parts", [b'ab=;" \n', b'a=;"\n\\\t'])
@given(st.data())
def test_what_is_matched_is_read_so_by_the_line_form(parts, data):
    patterns = LinePatterns(Parameter(name=name, may_be_empty=name == "b") for name in "ab")
    usual = st.sampled_from([b"a=1", b'a="', b'b=""', b'";', b";", b'"\nx/C a="'])
    pieces = st.one_of(usual, st.sampled_from([bytes([byte]) for byte in parts]))
    told = data.draw(st.lists(st.lists(pieces, max_size=8).map(b"".join), min_size=1, max_size=3))
    lines = b"".join(b"x/C %b\n" % each for each in told)
    for one in lines.splitlines(keepends=True):
        match_all(patterns, b"x/C", one)
    if match_all(patterns, b"x/C", lines):
        for one in lines.splitlines():
            message = decode(one)
            assert (message.service, message.command) == ("x", "C")
            assert message.get("a", "1")
            assert message.parameters.keys() <= {"a", "b"}


@pytest.mark.parametrize(
    ("validators", "may_be_empty", "good", "bad"),
    [
        (["integer(0...9)"], False, b"7", b"10"),
        (["integer(0...9)"], True, b"", b"10"),
        ([], True, b"", None),
        (["integer", 'regex("[0-9]{2}")'], False, b"12", b"1"),
        (['regex("[a-z]*")'], False, b"ab", b""),
        (['regex("[a-z]*")', 'regex("[a-c]*")'], True, b"", b"abz"),
    ],
)
def test_a_value_is_held_to_its_rules_with_and_without_quotes(validators, may_be_empty, good, bad):
    parameter = Parameter(name="p", validators=tuple(map(parse_validator, validators)), may_be_empty=may_be_empty)
    patterns = LinePatterns((parameter,))
    for form in (b"C p=%b\n", b'C p="%b"\n'):
        assert match_all(patterns, b"C", form % good)
        assert bad is None or not match_all(patterns, b"C", form % bad)


def test_a_header_is_no_expression():
    patterns = LinePatterns(())
    assert match_all(patterns, b"*:./C", b"*:./C\n" * 3)
    assert not match_all(patterns, b"*:./C", b"*:x/C\n")


def test_shapes_are_bounded(patterns):
    orders = list(itertools.permutations(LETTERS))
    lines = [b"x/C %b\n" % b";".join(b"%b=1" % name.encode() for name in order) for order in orders]
    assert match_all(patterns, b"x/C", b"".join(lines[:SHAPES_KEPT]) * 3)
    assert not match_all(patterns, b"x/C", lines[SHAPES_KEPT])
    assert match_all(patterns, b"x/C", lines[0])


def test_long_shapes_are_left_alone():
    patterns = LinePatterns(Parameter(name=f"p{number}") for number in range(NAMES_MAX + 1))
    line = b"C " + b";".join(b"p%d=1" % number for number in range(NAMES_MAX + 1))
    assert not match_all(patterns, b"C", line + b"\n")
    assert match_all(patterns, b"C", line.rpartition(b";")[0] + b"\n")


def test_headers_are_bounded(patterns):
    for number in range(HEADS_KEPT + 5):
        head = b"s%d/C" % number
        assert match_all(patterns, head, head + b" a=1\n")
        assert patterns.knows(head)
        assert len(patterns._by_head) <= HEADS_KEPT
    assert not patterns.knows(b"s1/C")


def test_a_parameter_that_cannot_be_matched_so_is_left_alone():
    patterns = LinePatterns(
        (
            Parameter(name="report", validators=(parse_validator("json"),)),
            Parameter(name="gone", forbidden=True),
            Parameter(name="n", validators=(parse_validator("integer(0...9)"),), may_be_empty=True),
        )
    )
    assert match_all(patterns, b"C", b"C n=1\nC n=\n")
    assert not match_all(patterns, b"C", b"C report=1\n")
    assert not match_all(patterns, b"C", b"C gone=1\n")
