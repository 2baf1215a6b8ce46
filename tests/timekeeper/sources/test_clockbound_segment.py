import struct
from contextlib import suppress
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.discipline import Leap, Reference
from timekeeper.sources.clockbound_segment import (
    ClockStatus,
    Segment,
    SegmentError,
    TornSegmentError,
    decode_segment,
    decode_unchanged,
    describe_clockbound,
)

S = 10**9
# By docs/PROTOCOL.md, version 2, of aws/clock-bound and the two words of its mark in clock-bound-shm/src/shm_header.rs.
FIELDS = {
    "mark": (0x414D5A4E, 0x43420200),
    "size": 80,
    "version": 2,
    "generation": 10,
    "as_of": (1000, 5),
    "void_after": (2000, 0),
    "bound_ns": 123_456,
    "marker": 7,
    "max_drift_ppb": 1_000,
    "status": 1,
}
GOOD = Segment(
    as_of_ns=1000 * S + 5,
    void_after_ns=2000 * S,
    bound_ns=123_456,
    disruption_marker=7,
    max_drift_ppb=1_000,
    status=ClockStatus.SYNCHRONIZED,
)


def segment(**changed):
    mark, size, version, generation, as_of, void_after, *rest = (FIELDS | changed).values()
    return struct.pack("=IIIHHqqqqqQIi8x", *mark, size, version, generation, *as_of, *void_after, *rest)


def described(monotonic_ns, **changed):
    return describe_clockbound(decode_segment(segment(**changed)), monotonic_ns, wall_ns=5_000 * S)


def test_a_segment():
    data = segment()
    assert len(data) == 80
    assert decode_segment(data) == GOOD
    assert decode_segment(data + b"the rest of a page") == GOOD


def test_the_bytes_of_a_segment_in_either_order():
    little = bytes.fromhex(
        "4e5a4d41 00024243 50000000 0200 0a00 e803000000000000 0500000000000000 d007000000000000 0000000000000000"
        "40e2010000000000 0700000000000000 e8030000 01000000 0000000000000000"
    )
    big = bytes.fromhex(
        "414d5a4e 43420200 00000050 0002 000a 00000000000003e8 0000000000000005 00000000000007d0 0000000000000000"
        "000000000001e240 0000000000000007 000003e8 00000001 0000000000000000"
    )
    assert segment() in (little, big)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"mark": (0x43420200, 0x414D5A4E)}, SegmentError, "does not begin with the mark of ClockBound"),
        ({"version": 0, "generation": 0}, SegmentError, "version 0 of 80 bytes, not version 2 of 80"),
        ({"version": 1, "size": 72}, SegmentError, "version 1 of 72 bytes"),
        ({"version": 3, "size": 104}, SegmentError, "version 3 of 104 bytes"),
        ({"size": 79}, SegmentError, "version 2 of 79 bytes"),
        ({"generation": 0}, SegmentError, "nobody has written it yet"),
        ({"generation": 11}, TornSegmentError, "it is being written"),
        ({"bound_ns": -1}, SegmentError, "bound -1 ns, drift 1000 ppb, status 1 make no sense"),
        ({"max_drift_ppb": S}, SegmentError, "drift 1000000000 ppb"),
        ({"status": 4}, SegmentError, "status 4"),
        ({"status": -1}, SegmentError, "status -1"),
    ],
)
def test_what_is_no_segment(changed, error, words):
    with pytest.raises(error, match=words):
        decode_segment(segment(**changed))


def test_a_segment_cut_short_is_none_at_any_length():
    for length in range(80):
        with pytest.raises(SegmentError, match=f"{length} bytes are no segment"):
            decode_segment(segment()[:length])


WHOLE, LATER, TORN = segment(), segment(generation=12, bound_ns=5), segment(generation=11, bound_ns=5)


@pytest.mark.parametrize(
    ("copies", "bound_ns"),
    [
        ([WHOLE, WHOLE], 123_456),
        ([WHOLE, TORN, LATER, LATER], 5),
        ([TORN, TORN, TORN, LATER, LATER], 5),
        ([WHOLE, LATER, LATER, LATER], 5),
        ([segment(bound_ns=5), WHOLE, WHOLE, WHOLE], 123_456),  # taken in two halves, which the generation hides
    ],
)
def test_what_is_being_written_is_read_again(copies, bound_ns):
    left = iter(copies)
    assert decode_unchanged(lambda: next(left)).bound_ns == bound_ns
    assert next(left, None) is None


@pytest.mark.parametrize("copies", [[TORN], [WHOLE, LATER]])
def test_a_write_that_does_not_come_to_an_end(copies):
    left = cycle(copies)
    with pytest.raises(SegmentError, match="it is being written, and that does not come to an end"):
        decode_unchanged(lambda: next(left))


def test_a_good_clock():
    word = described(1002 * S + 5)
    assert word.daemon == "clockbound"
    assert (word.leap, word.stratum, word.reference) == (Leap.NORMAL, None, Reference.OUTSIDE)
    assert (word.offset_s, word.root_delay_s, word.root_dispersion_s) == (None, None, None)
    assert word.further_error_s == pytest.approx(123_456e-9)
    assert word.max_drift == pytest.approx(1e-6)
    assert word.age_s == 2.0
    assert word.updated_wall_ns == 4_998 * S
    assert word.upstreams is None
    assert not word.is_free_running
    assert word.remarks == ()


@pytest.mark.parametrize(
    ("status", "age_s", "leap", "is_free_running"),
    [
        (ClockStatus.SYNCHRONIZED, 5, Leap.NORMAL, False),
        (ClockStatus.SYNCHRONIZED, 6, Leap.NORMAL, True),
        (ClockStatus.FREE_RUNNING, 1, Leap.NORMAL, True),
        (ClockStatus.UNKNOWN, 1, Leap.UNSYNCHRONIZED, False),
        (ClockStatus.DISRUPTED, 1, Leap.UNSYNCHRONIZED, False),
    ],
)
def test_states(status, age_s, leap, is_free_running):
    word = described((1000 + age_s) * S, as_of=(1000, 0), status=status)
    assert (word.leap, word.is_free_running) == (leap, is_free_running)


@pytest.mark.parametrize(
    ("status", "marker_before", "is_told"),
    [
        (ClockStatus.DISRUPTED, None, True),
        (ClockStatus.DISRUPTED, 7, True),
        (ClockStatus.SYNCHRONIZED, None, False),
        (ClockStatus.SYNCHRONIZED, 7, False),
        (ClockStatus.SYNCHRONIZED, 6, True),
    ],
)
def test_a_disrupted_machine_is_told(status, marker_before, is_told):
    word = describe_clockbound(decode_segment(segment(status=status)), 1001 * S, 0, marker_before)
    assert word.remarks == (("this virtual machine was stopped, moved or restored since the last look",) * is_told)


@pytest.mark.parametrize(
    ("monotonic_s", "words"),
    [
        (2001, "its bound is void: it was computed 1001 s ago"),
        (990, "it is dated 10.0 s into the future: left from before this boot"),
    ],
)
def test_a_segment_that_says_nothing_now(monotonic_s, words):
    with pytest.raises(SegmentError, match=words):
        described(monotonic_s * S)


def test_a_stamp_of_the_coarse_clock_may_be_a_tick_ahead():
    assert described(1000 * S - 4_000_000).age_s == 0.0


@given(st.binary(max_size=100), st.integers(0, 2**63))
def test_any_bytes_give_a_word_or_one_error(noise, monotonic_ns):
    for data in (noise, segment()[:16] + noise):
        with suppress(SegmentError):
            assert describe_clockbound(decode_segment(data), monotonic_ns, 0).further_error_s >= 0
