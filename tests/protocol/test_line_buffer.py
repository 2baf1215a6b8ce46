"""Lines come out whole and once, however the stream was cut, and a line beyond the limit ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.line_buffer import LineBuffer

LIMIT = 8

# stream, the lines that come out, whether it ended in a line too long, what is left for finish()
TABLE = {
    "nothing": (b"", b"", False, b""),
    "one line": (b"ALIVE\n", b"ALIVE\n", False, b""),
    "two lines": (b"A\nB\n", b"A\nB\n", False, b""),
    "empty lines": (b"\n\n", b"\n\n", False, b""),
    "unfinished": (b"A\nB", b"A\n", False, b"B\n"),
    "exactly the limit": (b"12345678\n", b"12345678\n", False, b""),
    "exactly the limit, unfinished": (b"12345678", b"", False, b"12345678\n"),
    "one beyond the limit": (b"123456789\n", b"", True, b""),
    "one beyond the limit, unfinished": (b"123456789", b"", True, b""),
    "too long after good lines": (b"A\nB\n123456789\nC\n", b"A\nB\n", True, b""),
    "good lines longer than the limit together": (b"1234\n5678\n9\n", b"1234\n5678\n9\n", False, b""),
    "not text": (b"\xff\x00\n", b"\xff\x00\n", False, b""),
}
CASES = pytest.mark.parametrize(("stream", "lines", "too_long", "rest"), TABLE.values(), ids=TABLE.keys())


def feed_in_pieces(buffer: LineBuffer, stream: bytes, size: int) -> bytes:
    return b"".join(buffer.feed(stream[at : at + size]) for at in range(0, len(stream), size))


@CASES
@pytest.mark.parametrize("size", [1, 2, 3, 1000], ids="in pieces of {}".format)
def test_lines_come_out_however_the_stream_is_cut(stream, lines, too_long, rest, size):
    buffer = LineBuffer(LIMIT)
    assert feed_in_pieces(buffer, stream, size) == lines
    assert buffer.too_long is too_long
    assert buffer.finish() == rest


@CASES
@pytest.mark.parametrize("size", [1, 2, 3, 1000], ids="in pieces of {}".format)
def test_a_buffer_that_is_read_into_again_and_again_gives_the_same(stream, lines, too_long, rest, size):
    buffer, read, found = LineBuffer(LIMIT), bytearray(b"old\n" * 1000), []
    for at in range(0, len(stream), size):
        piece = stream[at : at + size]
        read[: len(piece)] = piece
        found.append(buffer.feed(read, len(piece)))
        read[: len(piece)] = b"\n" * len(piece)
    assert b"".join(found) == lines
    assert buffer.too_long is too_long
    assert buffer.finish() == rest


@pytest.mark.parametrize(("stream", "rest"), [(b"", b""), (b"A\n", b""), (b"A\nB", b"B\n"), (b"1234567", b"1234567\n")])
def test_trailing_data_waits_for_its_newline(stream, rest):
    buffer = LineBuffer(LIMIT)
    buffer.feed(stream)
    assert buffer.feed(b"x") == b""
    assert buffer.pending_bytes == len(rest.removesuffix(b"\n")) + 1
    assert buffer.feed(b"\n") == rest.removesuffix(b"\n") + b"x\n"
    assert buffer.pending_bytes == 0


def test_after_a_line_too_long_nothing_is_returned_or_kept():
    buffer = LineBuffer(LIMIT)
    buffer.feed(b"123456789")
    assert buffer.feed(b"\nALIVE\nSTOP") == b""
    assert (buffer.pending_bytes, buffer.finish(), buffer.too_long) == (0, b"", True)


def test_finish_gives_an_unfinished_line_once():
    buffer = LineBuffer(LIMIT)
    buffer.feed(b"STOP")
    assert (buffer.finish(), buffer.finish()) == (b"STOP\n", b"")


def test_a_read_of_whole_lines_is_passed_on_without_a_copy():
    stream = b"A\nB\n"
    assert LineBuffer(LIMIT).feed(stream) is stream


def cut(stream: bytes, limit: int) -> tuple[bytes, bool]:
    """The same, told line by line."""
    lines, at = b"", 0
    while (newline := stream.find(b"\n", at)) >= 0:
        if newline - at > limit:
            return lines, True
        lines, at = stream[: newline + 1], newline + 1
    return lines, len(stream) - at > limit


@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([b"\n", b"A\n", b"\n\n", b"12345678\n"]), max_size=12),
    st.integers(1, 20),
)
def test_it_agrees_with_cutting_line_by_line(pieces, limit):
    buffer = LineBuffer(limit)
    lines = b"".join(buffer.feed(piece) for piece in pieces)
    assert (lines, buffer.too_long) == cut(b"".join(pieces), limit)
