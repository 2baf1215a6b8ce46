"""Types and validators: what they accept, how they are written, and that their fragments promise nothing false."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.definitions.validator import ValidatorError, parse_validator, type_validator

TABLE = [
    (
        "integer",
        ["0", "-5", "+5", "0x1F", "007", str(2**63 - 1)],
        ["", "1.5", "a", " 1", "1 ", str(2**63), "1_0", "--1"],
    ),
    ("integer(0...100)", ["0", "100", "0x64", "07"], ["-1", "101", "1000", "0x65"]),
    ("integer( -10 ... -1 )", ["-10", "-1"], ["-11", "0", "1"]),
    ("integer(5...)", ["5", "99999999999"], ["4", "-5"]),
    ("integer(...5)", ["5", "-99999999999"], ["6"]),
    ("integer(42)", ["42"], ["41", "43"]),
    ("integer(0x10...0xff)", ["16", "255"], ["15", "256"]),
    ("number", ["0", "-1.5", "1e-9", "+2", "1E3"], ["", "a", "nan", "inf", "1.", ".5", "1e999", "0x1", " 1"]),
    ("number(0...1)", ["0", "1", "0.999999999", "1e-3"], ["-0.1", "1.1", "2"]),
    ("number(-0.5…0.5)", ["-0.5", "0", "0.5"], ["0.6", "-0.6"]),
    ("duration", ["20", "1.5h", "2d", "1s", "0"], ["", "-1s", "h", "1x", "1s2"]),
    ("duration(1s...1d)", ["1", "1s", "60m", "24h", "86400"], ["0", "0.5s", "25h", "86401"]),
    (
        "address",
        ["127.0.0.1", "127.0.0.1:80", "::1", "[::1]:80"],
        ["", "localhost", "host:80", "[::1]", "1.2.3", "127.0.0.1:"],
    ),
    ("address(ip)", ["10.0.0.1", "fd00::1"], ["10.0.0.1:80", "010.0.0.1", "256.0.0.1"]),
    (
        "address(ip:port)",
        ["10.0.0.1:0", "10.0.0.1:65535", "[fd00::1]:1"],
        ["10.0.0.1", "10.0.0.1:65536", "fd00::1", "h:1"],
    ),
    ("enum(up|down)", ["up", "down"], ["", "UP", "up|down", "u"]),
    ("enum( one | two words )", ["one", "two words"], ["two", "words"]),
    ('regex("[a-z]+-[0-9]{2}")', ["ab-12"], ["", "ab-1", "ab-123"]),
    ('regex("a(b|c)*")', ["a", "abcb"], ["", "b"]),
    ('regex("say \\"\\(x\\)\\"")', ['say "(x)"'], ["say (x)"]),
    ("name", ["printer", "_a1"], ["", "1a", "a-b", "a b", "a" * 129]),
    ("json", ["{}", "[1,2.5,null]", '"a"', "0", '{"a":{"b":[]}}'], ["", "{", "nan", "{'a':1}", "1 2", "[" * 100_000]),
]


@pytest.mark.parametrize(("text", "good", "bad"), TABLE)
def test_what_is_accepted(text, good, bad):
    validator = parse_validator(text)
    assert [value for value in good if not validator.accepts(value)] == []
    assert [value for value in bad if validator.accepts(value)] == []
    assert validator.text == text
    assert validator.expects


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        ("integer(0...100)", "an integer from 0 to 100"),
        ("integer(5...)", "an integer of at least 5"),
        ("number(...1)", "a number of at most 1"),
        ("integer(3)", "an integer equal to 3"),
        ("integer", "an integer"),
        ("duration(1s...1d)", "a duration from 1s to 1d, such as 20, 90s or 2h"),
        ("enum(a|b)", "one of a, b"),
        ("address(ip:port)", "an address of the form ip:port"),
        ('regex("[a-z]+")', "of the form [a-z]+"),
    ],
)
def test_what_people_are_told(text, expects):
    assert parse_validator(text).expects == expects


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no validator"),
        ("integre(1...2)", "is no validator: integer, number"),
        ("integer(", "is no validator"),
        ("integer()", "nothing between its brackets"),
        ("integer(a...b)", "'a' is not an integer"),
        ("integer(5...1)", "ends before it begins"),
        ("number(x)", "'x' is not a number"),
        ("duration(1s...1parsec)", "is not a duration"),
        ("address(host)", "'host' is no kind of address: ip, ip:port"),
        ("enum", "wants words"),
        ("enum(a||b)", "wants words"),
        ("enum(a|a)", "each once"),
        ("regex([a-z])", "in double quotes"),
        ("regex", "in double quotes"),
        ('regex("(")', "is not closed"),
        ("name(x)", "takes nothing in brackets"),
        ("json(x)", "takes nothing in brackets"),
    ],
)
def test_what_is_none_is_refused(text, words):
    with pytest.raises(ValidatorError, match=re.escape(words)):
        parse_validator(text)


def test_types():
    assert type_validator("string") is None
    assert type_validator("default") is None
    assert type_validator("integer").accepts("0x10")
    timespec = type_validator("timespec")
    assert [value for value in ("0", "1795500000", "1.5", "-1.123456789") if not timespec.accepts(value)] == []
    assert [value for value in ("", "1.", "1.1234567890", "a", "1s", "٣") if timespec.accepts(value)] == []
    with pytest.raises(ValidatorError, match="'text' is no type: string, integer, address, timespec"):
        type_validator("text")


VALIDATORS = [parse_validator(text) for text, _, _ in TABLE] + [type_validator("timespec")]
KNOWN = [value for _, good, bad in TABLE for value in (*good, *bad) if len(value) < 1000]


@pytest.mark.parametrize("validator", VALIDATORS, ids=lambda validator: validator.text)
@given(
    st.one_of(st.sampled_from(KNOWN), st.text(alphabet='0123456789.-+es:;x "\\\n'), st.floats().map(repr), st.text())
)
def test_what_a_fragment_matches_is_accepted(validator, value):
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        return
    if validator.fragment is not None and re.fullmatch(validator.fragment, encoded):
        assert validator.accepts(value)
        assert not set(';"\\\n') & set(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("integer(1...65535)", b"65535"),
        ("integer", b"-123456789"),
        ("number(0...1)", b"0.5"),
        ("number", b"12.5"),
        ("duration(1s...1d)", b"90s"),
        ("address(ip|ip:port)", b"10.0.0.1:4042"),
        ("enum(up|down)", b"down"),
        ("name", b"printer"),
        ('regex("[a-z]+[0-9]")', b"abc1"),
    ],
)
def test_usual_values_are_matched_wholesale(text, value):
    assert re.fullmatch(parse_validator(text).fragment, value)
