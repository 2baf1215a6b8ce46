"""Fragments match surely good values only: checked against what they stand for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.definitions.fragment import any_of, decimal_range, from_pattern
from communicator.protocol.definitions.pattern import VALUE_CHARACTERS, Pattern

ENDS = [-1001, -100, -99, -11, -10, -9, -1, 0, 1, 5, 9, 10, 11, 19, 99, 100, 101, 254, 255, 256, 999, 1000, 1234]


@pytest.mark.parametrize("low", ENDS)
def test_a_range_of_numbers_is_those_numbers(low):
    for high in (end for end in ENDS if end >= low):
        pattern = re.compile(decimal_range(low, high))
        found = [number for number in range(-1300, 1300) if pattern.fullmatch(b"%d" % number)]
        assert found == list(range(low, high + 1)), (low, high, pattern.pattern)


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18), st.integers(-(10**19), 10**19))
def test_large_ranges_too(one, other, number):
    low, high = sorted((one, other))
    pattern = re.compile(decimal_range(low, high))
    for tried in (number, low, high, low - 1, high + 1, (low + high) // 2):
        assert bool(pattern.fullmatch(b"%d" % tried)) == (low <= tried <= high)


@pytest.mark.parametrize("value", [b"", b"00", b"01", b"+1", b"-0", b" 1", b"1;", b"1\n", b"0x1"])
def test_numbers_are_written_in_one_way(value):
    assert not re.fullmatch(decimal_range(-10, 10), value)


def test_words():
    assert [word for word in (b"a", b"ab", b"b.c", b"bxc", b"") if re.fullmatch(any_of(["a", "b.c", "ab"]), word)] == [
        b"a",
        b"ab",
        b"b.c",
    ]
    assert any_of(["a;b"]) is None
    assert any_of(["a", ""]) is None


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("[a-z]+", [b"a", b"abc"], [b"", b"A", b"a;b", b"a\n"]),
        ("[^x]{2,3}", [b"ab", b"abc"], [b"ax", b"abcd", b"a;", b'a"', b"a\\", b"\xc3\xa9a", b"a\n"]),
        ("v[0-9]+[.][0-9]+", [b"v1.2", b"v10.20"], [b"v1", b"v1.", b"1.2"]),
        (".?x", [b"x"], []),
    ],
)
def test_simple_expressions(text, good, bad):
    made = from_pattern(Pattern(text).node)
    if text == ".?x":
        assert made is None, "what follows may begin with what is repeated"
        return
    pattern = re.compile(made)
    assert [value for value in good if not pattern.fullmatch(value)] == []
    assert [value for value in bad if pattern.fullmatch(value)] == []


@pytest.mark.parametrize(
    "text", ["(a|b)", "(ab)*", "a*a", "a*b?a", "[;]", "é", "[a-z]*[0-9]*[a-z]", "", f"a*b{{{200}}}|c"]
)
def test_expressions_that_are_not_simple(text):
    assert from_pattern(Pattern(text).node) is None


def test_a_long_value_is_never_surely_good():
    pattern = Pattern("[a]*-[b]+")
    made = re.compile(from_pattern(pattern.node))
    for value in (
        "a" * VALUE_CHARACTERS + "-b",
        "a" * (VALUE_CHARACTERS - 2) + "-b",
        "a" * 9 + "-" + "b" * VALUE_CHARACTERS,
    ):
        assert not made.fullmatch(value.encode()) or pattern.matches(value)
    assert made.fullmatch(b"aaa-bbb")


parts = st.tuples(
    st.sampled_from(["a", "[ab]", "[^a]", ".", r"\d", r"\W", "-", " "]),
    st.sampled_from(["", "?", "*", "+", "{2}", "{0,2}"]),
).map("".join)


@given(st.lists(parts, max_size=4).map("".join), st.lists(st.text(alphabet='ab1- ;"\\\n\x7fé'), max_size=8))
def test_whatever_matches_is_good(text, values):
    pattern = Pattern(text)
    made = from_pattern(pattern.node)
    for value in values if made is not None else ():
        if re.fullmatch(made, value.encode()):
            assert pattern.matches(value)
            assert not set(value) & set(';"\\\n\x7fé')
