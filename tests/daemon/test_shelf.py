"""What waits on a shelf is the newest of what was put there, in whole lines, and what is missing was counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.daemon.shelf import Shelf


def test_what_fits_comes_back_in_order():
    shelf = Shelf(20)
    assert [shelf.put(b"one\n"), shelf.put(b"two\nthree\n")] == [0, 0]
    assert shelf.bytes == 14
    assert shelf.take() == b"one\ntwo\nthree\n"
    assert (shelf.bytes, shelf.take()) == (0, b"")


@pytest.mark.parametrize(
    ("puts", "dropped", "left"),
    [
        ([b"1\n", b"2\n", b"3\n", b"4\n", b"5\n", b"6\n"], [0, 0, 0, 0, 0, 1], b"2\n3\n4\n5\n6\n"),
        ([b"1\n2\n3\n", b"4\n5\n6\n"], [0, 3], b"4\n5\n6\n"),  # what came together goes together
        ([b"1\n", b"234567890\n"], [0, 1], b"234567890\n"),  # it fits to the byte
        ([b"1\n2\n3\n4\n5\n6\n"], [1], b"2\n3\n4\n5\n6\n"),
        ([b"12\n34\n56\n78\n"], [1], b"34\n56\n78\n"),  # whole lines only
        ([b"0123456789\n", b"1\n"], [1, 0], b"1\n"),
    ],
)
def test_the_oldest_goes_first(puts, dropped, left):
    shelf = Shelf(10)
    assert [shelf.put(lines) for lines in puts] == dropped
    assert shelf.bytes == len(left)
    assert shelf.take() == left


@given(
    st.integers(1, 40),
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5), max_size=12),
)
def test_what_is_left_is_a_tail_within_the_bound_and_the_rest_was_counted(bytes_max, sizes):
    shelf, put, dropped = Shelf(bytes_max), b"", 0
    for number, lengths in enumerate(sizes):
        lines = b"".join(b"%c" % (97 + number) * length + b"\n" for length in lengths)
        put += lines
        dropped += shelf.put(lines)
        assert shelf.bytes <= bytes_max
    left = shelf.take()
    assert put.endswith(left)
    assert put[: len(put) - len(left)].count(b"\n") == dropped
    assert put[: len(put) - len(left)].endswith(b"\n" if dropped else b"")


def test_a_shelf_that_is_cleared_is_empty():
    shelf = Shelf(10)
    shelf.put(b"1\n")
    shelf.clear()
    assert (shelf.bytes, shelf.take()) == (0, b"")
