"""Expressions for many lines: shapes are learnt, within bounds, and what is not known is left to be looked at."""

import itertools

import pytest

from communicator.protocol.definitions import Parameter
from communicator.protocol.definitions.line_patterns import HEADS_KEPT, NAMES_MAX, SHAPES_KEPT, LinePatterns
from communicator.protocol.definitions.validator import parse_validator

LETTERS = "abcd"


@pytest.fixture
def patterns():
    return LinePatterns(Parameter(name=name, required=name == "a") for name in LETTERS)


@pytest.mark.parametrize("end", [b"\n", b";\n"])
def test_values_of_any_text_but_the_special_ones(patterns, end):
    assert patterns.match_all(b"x/C", b"x/C a=1 2=3,\xc3\xa9~\t\x7f;b=." + end)


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
        b'x/C a="1"\n',
        b"x/C a=\xc3\n",
        b"\n",
        b"x/C a=1",
        b"y/C a=1\n",
    ],
)
def test_whatever_is_odd_is_left_alone(patterns, line):
    assert not patterns.match_all(b"x/C", line)
    assert patterns.match_all(b"x/C", b"x/C a=1\n")
    assert not patterns.match_all(b"x/C", b"x/C a=1\n" + line)


def test_a_header_is_no_expression():
    patterns = LinePatterns(())
    assert patterns.match_all(b"*:./C", b"*:./C\n" * 3)
    assert not patterns.match_all(b"*:./C", b"*:x/C\n")


def test_shapes_are_bounded(patterns):
    orders = list(itertools.permutations(LETTERS))
    lines = [b"x/C %b\n" % b";".join(b"%b=1" % name.encode() for name in order) for order in orders]
    assert patterns.match_all(b"x/C", b"".join(lines[:SHAPES_KEPT]) * 3)
    assert not patterns.match_all(b"x/C", lines[SHAPES_KEPT])
    assert patterns.match_all(b"x/C", lines[0])


def test_long_shapes_are_left_alone():
    patterns = LinePatterns(Parameter(name=f"p{number}") for number in range(NAMES_MAX + 1))
    line = b"C " + b";".join(b"p%d=1" % number for number in range(NAMES_MAX + 1))
    assert not patterns.match_all(b"C", line + b"\n")
    assert patterns.match_all(b"C", line.rpartition(b";")[0] + b"\n")


def test_headers_are_bounded(patterns):
    for number in range(HEADS_KEPT + 5):
        head = b"s%d/C" % number
        assert patterns.match_all(head, head + b" a=1\n")
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
    assert patterns.match_all(b"C", b"C n=1\nC n=\n")
    assert not patterns.match_all(b"C", b"C report=1\n")
    assert not patterns.match_all(b"C", b"C gone=1\n")
