"""A long line is read in steps as it would be at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.errors import RemoteProtocolError
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_AT_ONCE, LINE_BYTES_HARD
from communicator.protocol.line_form import decode
from communicator.protocol.long_lines import Reading, read_in_steps
from communicator.protocol.message import Message

BITS = [
    *(
        b"\\",
        b'\\"',
        b"\\\\",
        b"\\n",
        b"\\r",
        b"\\x",
        b'"',
        b";",
        b"=",
        b"a",
        b"a=",
        b';b="',
        b" ",
        b"\\" * 7,
        b"plain text",
    ),
    *("é".encode(), "€".encode(), "😀".encode(), b"\xff", b"\xe2\x82", b"\0", b"\n"),
]
LINES = st.tuples(
    st.sampled_from([b"A ", b'A a="', b"A a=", b"<s:t u:v/A a=", b'<s:t A a="', b"<s:t", b"", b"a b ", "é ".encode()]),
    st.lists(st.sampled_from(BITS), max_size=40).map(b"".join),
    st.sampled_from([b"", b'"', b'";b=c', b"\n", b";;"]),
).map(b"".join)


def outcome(read):
    try:
        return read()
    except RemoteProtocolError as error:
        return str(error)


@given(line=LINES, half=st.integers(2, 8))
@settings(max_examples=20 * settings.default.max_examples, deadline=None)
def test_in_steps_of_any_size_a_line_is_read_as_at_once(line, half):
    assert outcome(lambda: list(read_in_steps(line, 2 * half))[-1]) == outcome(lambda: decode(line))


@pytest.mark.parametrize("bit", [rb"\"", rb"\\", rb"\\\n\r\"", b"x", "😀".encode(), "a€".encode() * 3])
@pytest.mark.parametrize("head", [b'A a="', "A é=1;a=".encode(), 'A b="😀";a="'.encode()])
def test_a_line_as_long_as_may_be_takes_many_steps(head, bit):
    line = head + bit * ((LINE_BYTES_HARD - len(head) - 1) // len(bit)) + b'"'
    reading, steps = Reading(line), 0
    while reading.outcome is None:
        reading.go_on()
        steps += 1
    assert outcome(lambda: decode(line)) == (
        reading.outcome if isinstance(reading.outcome, Message) else str(reading.outcome)
    )
    assert steps >= LINE_BYTES_HARD / LINE_BYTES_AT_ONCE / (1 if b"\\" in bit else 4)


def test_what_cannot_be_read_is_told_once_it_is_found_and_not_kept():
    reading = Reading(b"A a=" + b"x" * LINE_BYTES + b"\xff" + b"x" * LINE_BYTES_HARD)
    reading.go_on()
    assert str(reading.outcome) == f"line is not UTF-8 at byte {4 + LINE_BYTES}"
    assert reading.outcome.__traceback__ is None


def test_json_is_read_at_once_or_not_at_all():
    line = b'{"command":"A","parameters":{"a":"' + b"x" * (LINE_BYTES - 37) + b'"}}'
    assert list(read_in_steps(line)) == [decode(line)]
    with pytest.raises(RemoteProtocolError, match="longer than 65536 bytes"):
        next(read_in_steps(b"{" + b"x" * LINE_BYTES))
