"""Integers, durations and times as parameters carry them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.values import (
    NS_PER_S,
    format_timestamp,
    parse_duration_s,
    parse_integer,
    parse_timestamp_ns,
    required,
)


def test_a_parameter_that_must_be_there():
    assert required(Message("REGISTER", {"service": "a"}), "service") == "a"
    for parameters in ({}, {"service": ""}):
        with pytest.raises(RemoteProtocolError, match=r"^parameter service is missing$"):
            required(Message("REGISTER", parameters), "service")


INTEGERS = {
    "0": 0,
    "12": 12,
    "+12": 12,
    "-12": -12,
    "007": 7,
    "0x1F": 31,
    "0X1f": 31,
    "-0x1f": -31,
    "0b101": 5,
    "0o17": 15,
    "0d19": 19,
    str(2**63 - 1): 2**63 - 1,
    str(-(2**63)): -(2**63),
    "-0b1" + "0" * 63: -(2**63),
}
NO_INTEGERS = [
    "", " ", "abc", "-", "+-1", "--1", "1-", "1.0", "1e3", "1_000", " 1", "1\n", "0x", "0xg", "0b2", "0o8", "-0x-5",
    "٣", "²", "x" * 1000, "1" * 1000, str(2**63), str(-(2**63) - 1), "0x8000000000000000",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), INTEGERS.items())
def test_integer(text, value):
    assert parse_integer(text) == value


@pytest.mark.parametrize("text", NO_INTEGERS, ids=lambda text: repr(text[:20]))
def test_no_integer(text):
    with pytest.raises(RemoteProtocolError) as raised:
        parse_integer(text)
    assert len(str(raised.value)) < 150


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([("", "d"), ("0b", "b"), ("0o", "o"), ("0x", "x"), ("0d", "d")]),
)
def test_every_integer_in_every_base(value, base):
    prefix, code = base
    text = f"{'-' if value < 0 else ''}{prefix}{abs(value):{code}}"
    assert parse_integer(text) == value


@given(st.text(max_size=30))
def test_any_text_is_an_integer_a_duration_a_time_or_the_peers_fault(text):
    for parse in (parse_integer, parse_duration_s, parse_timestamp_ns):
        with contextlib.suppress(RemoteProtocolError):
            assert isinstance(parse(text), int | float)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20", 20),
        ("0", 0),
        ("1.5h", 5400),
        ("90s", 90),
        ("2m", 120),
        ("2 d", 172_800),
        ("1W", 604_800),
        ("1y", 31_536_000),
        (" 3 ", 3),
        ("0.000000001", 1e-9),
    ],
)
def test_duration(text, seconds):
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "-1", "+1", "1.", ".5", "1ms", "1 month", "1h30m", "1e3", "nan", "inf", "٣", "1" * 13]
)
def test_no_duration(text):
    with pytest.raises(RemoteProtocolError):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("wall_ns", "text"),
    [
        (0, "0.000000000"),
        (1, "0.000000001"),
        (1_795_499_183_123_456_789, "1795499183.123456789"),
        (NS_PER_S * 2 - 1, "1.999999999"),
    ],
)
def test_timestamp(wall_ns, text):
    assert format_timestamp(wall_ns) == text
    assert parse_timestamp_ns(text) == wall_ns


@given(st.integers(0, 10**21 - 1))
def test_every_time_reads_back_to_the_nanosecond(wall_ns):
    assert parse_timestamp_ns(format_timestamp(wall_ns)) == wall_ns


@pytest.mark.parametrize(
    ("text", "wall_ns"),
    [
        ("12", 12_000_000_000),
        ("12.5", 12_500_000_000),
        ("0.000000001", 1),
        ("1795500000.1234", 1_795_500_000_123_400_000),
    ],
)
def test_a_time_with_fewer_decimals(text, wall_ns):
    assert parse_timestamp_ns(text) == wall_ns


@pytest.mark.parametrize(
    "text",
    ["", "now", "-1", "+1", "1.", ".5", "1e9", "nan", " 1", "1\n", "1.0000000001", "1" * 13, "٣", "1,5", "x" * 1000],
)
def test_no_time(text):
    with pytest.raises(RemoteProtocolError, match="is not a time") as raised:
        parse_timestamp_ns(text)
    assert len(str(raised.value)) < 150
