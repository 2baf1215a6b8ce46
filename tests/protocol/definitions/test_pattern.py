"""Expressions in time proportional to the value: they match what those of Python match, and cannot hang."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.definitions.pattern import (
    PATTERN_CHARACTERS,
    STATES,
    STEPS_KEPT,
    VALUE_CHARACTERS,
    Pattern,
    PatternError,
)

ALPHABET = "ab1_ ;é\n"
ATOMS = [
    "a",
    "b",
    "1",
    ".",
    r"\d",
    r"\w",
    r"\s",
    r"\W",
    r"\.",
    "[ab]",
    "[^a]",
    "[a-b1]",
    "[^;\\n]",
    r"[\d_-]",
    "[]a]",
    "é",
]
atoms = st.sampled_from(ATOMS)
signs = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{0,}", "{0}"])


def grown(inner):
    repeated = st.tuples(inner, signs).map(lambda pair: f"(?:{pair[0]}){pair[1]}")
    sequences = st.lists(inner, min_size=1, max_size=3).map("".join)
    choices = st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
    return repeated | sequences | choices


patterns = st.recursive(st.tuples(atoms, signs).map("".join), grown, max_leaves=5)
values = st.text(alphabet=ALPHABET, max_size=8)


@given(patterns, st.lists(values, min_size=1, max_size=10))
def test_it_matches_what_python_matches(text, tried):
    pattern = Pattern(text)
    wanted = re.compile(text, re.ASCII)
    assert [pattern.matches(value) for value in tried] == [wanted.fullmatch(value) is not None for value in tried]


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("^abc$", ["abc"], ["", "ab", "abcd", "abc\n"]),
        ("[a-z]+(,[a-z]+)*", ["a", "a,bc", "a,b,c"], ["", ",", "a,", "a,,b", "A"]),
        ("", [""], ["a"]),
        ("a|", ["a", ""], ["b"]),
        (r"\n\t", ["\n\t"], ["nt"]),
        ("[^\U00010000-\U0010ffff]", ["a", "\uffff"], ["\U0001f600"]),
        (r"\D{2,3}", ["ab", "äöü"], ["a1", "a", "abcd"]),
    ],
)
def test_tables(text, good, bad):
    pattern = Pattern(text)
    assert [value for value in good if not pattern.matches(value)] == []
    assert [value for value in bad if pattern.matches(value)] == []


@pytest.mark.parametrize(
    "text",
    ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*x", "(?:a?){30}a{30}", ".*.*.*.*.*x", "([a-z]+)*!", "(a|b)*a(a|b){12}"],
)
def test_no_value_makes_it_hang(text):
    pattern = Pattern(text)
    assert not pattern.matches("a" * (VALUE_CHARACTERS - 1) + "~")
    assert not pattern.matches("ab" * (VALUE_CHARACTERS // 2 - 1) + "~")


def test_a_long_value_is_none():
    pattern = Pattern("a*")
    assert pattern.matches("a" * VALUE_CHARACTERS)
    assert not pattern.matches("a" * (VALUE_CHARACTERS + 1))


def test_what_is_remembered_is_bounded():
    pattern = Pattern(".*b")
    for number in range(3 * STEPS_KEPT):
        assert not pattern.matches(chr(0x4E00 + number))
        assert pattern._step.cache_info().currsize <= STEPS_KEPT
    assert pattern.matches("\u4e00b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(a", "is not closed"),
        ("a)", "')' has no partner"),
        ("[a", "ends too early"),
        ("[^]", "ends too early"),
        ("*a", "nothing to stand on"),
        ("a**", "cannot follow a repetition"),
        ("a+?", "cannot follow a repetition"),
        ("a{2}{3}", "cannot follow a repetition"),
        ("a{x}", "wants {n}"),
        ("a{2", "wants {n}"),
        ("a{3,2}", "ends before it begins"),
        (r"(a)\1", "is not known here"),
        (r"\bword", "is not known here"),
        ("(?=a)a", "only '(?:'"),
        ("(?P<x>a)", "only '(?:'"),
        ("a^b", "nothing to stand on"),
        ("a$b", "nothing to stand on"),
        ("[b-a]", "a range in"),
        (r"[a-\d]", "a range in"),
        ("a\\", "ends too early"),
        ("a" * (PATTERN_CHARACTERS + 1), "longer than"),
        (f"a{{{STATES}}}", "is too large"),
        ("(?:(?:a{9}){9}){9}", "is too large"),
    ],
)
def test_what_is_none_is_refused(text, words):
    with pytest.raises(PatternError, match=re.escape(words)):
        Pattern(text)


@given(st.text(max_size=20))
def test_any_text_is_an_expression_or_refused(text):
    with contextlib.suppress(PatternError):
        Pattern(text).matches(text)


def test_the_deepest_expression_can_be_read():
    depth = PATTERN_CHARACTERS // 2 - 1
    assert Pattern("(" * depth + "a" + ")" * depth).matches("a")
