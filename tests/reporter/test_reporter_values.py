import pytest

from communicator.reporter.values import (
    Address,
    Items,
    Regex,
    Timestamp,
    ValueTypeError,
    Word,
    bounded,
    compile_regex,
    parse_address,
    parse_float,
    parse_integer,
    parse_seconds,
    parse_timestamp,
    text_of,
    type_of,
)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "void", ""),
        (-5, "integer", "-5"),
        (2.5, "floating_point", "2.5"),
        (Word("a"), "identifier", "a"),
        ("a", "string", "a"),
        (Timestamp(-1_500_000_000), "timestamp", "-1.500000000"),
        (Regex("[a]"), "regex", "[a]"),
        (Address("::1", 80), "address", "[::1]:80"),
        (Items((("a", 1), ("b", None))), "list", "{a: 1, b: }"),
        ((1, "x"), "array", "[1, x]"),
    ],
)
def test_type_and_text(value, kind, text):
    assert type_of(value) == kind
    assert text_of(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:80",
        "[::1]:80",
        "host",
        "10.0.0.0/8",
        "/run/x.sock",
        "cd://127.0.0.1:4040",
        "cdu://[::1]:4041",
        "cd:///run/x",
    ],
)
def test_addresses_read_as_they_are_written(text):
    assert str(parse_address(text)) == text


@pytest.mark.parametrize("text", ["", ":80", "host:port", "10.0.0.0/99", "cds://host:1", "cd://", "a b"])
def test_what_is_no_address(text):
    with pytest.raises(ValueTypeError):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-0x1F", -31), ("+7", 7), ("010", 10), (str(-(2**127)), -(2**127))]
)
def test_integers(text, number):
    assert parse_integer(text) == number


@pytest.mark.parametrize("text", ["", "x", " 1", "1.0", "0x", "1_000", str(2**127), "9" * 5000])
def test_what_is_no_integer(text):
    with pytest.raises(ValueTypeError):
        parse_integer(text)


def test_bounds():
    assert bounded(2**127 - 1) == 2**127 - 1
    for number in (2**127, -(2**127) - 1):
        with pytest.raises(ValueTypeError, match="128 bits"):
            bounded(number)


def test_numbers_are_finite():
    assert parse_float("1e3") == 1000.0
    for text in ("inf", "-inf", "1e999", "x"):
        with pytest.raises(ValueTypeError):
            parse_float(text)


def test_times_keep_every_nanosecond():
    assert parse_timestamp("1715440881.543723981") == Timestamp(1_715_440_881_543_723_981)
    assert str(Timestamp(1_715_440_881_543_723_981)) == "1715440881.543723981"
    for text in ("", "1.x", "1e5", "now"):
        with pytest.raises(ValueTypeError):
            parse_timestamp(text)


@pytest.mark.parametrize(("value", "seconds"), [(2, 2.0), (2.5, 2.5), ("2s", 2.0), ("1.5m", 90.0), (0, 0.0)])
def test_spans(value, seconds):
    assert parse_seconds(value) == seconds


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "soon", None, Timestamp(1)])
def test_what_is_no_span(value):
    with pytest.raises(ValueTypeError):
        parse_seconds(value)


def test_regular_expressions_know_the_classes_of_posix():
    assert compile_regex("[[:upper:]_]+[[:digit:]]").fullmatch("AB_7")
    with pytest.raises(ValueTypeError, match="is not a regular expression"):
        compile_regex("(")
