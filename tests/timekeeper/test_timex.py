import struct

import pytest

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Leap
from timekeeper.timex import TIMEX_BYTES, KernelClock, parse_timex

# Recorded on x86-64, Linux 6.18, on a machine whose clock nobody steers; adjtimex returned 5 (TIME_ERROR).
UNSTEERED = bytes.fromhex(
    "0000000000000000000000000000000000000000000000000024f400000000000024f400000000004000000000000000"
    "020000000000000001000000000000000000f40100000000588a056b0000000009320000000000001027000000000000"
).ljust(TIMEX_BYTES, b"\0")


def timex(*, offset=0, frequency=0, maxerror_us=0, esterror_us=0, status=0, tai_s=0, tick_us=10_000):
    """The bytes of a struct timex, written field by field as in linux/timex.h."""
    head = struct.pack("=IIqqqqII", 0, 0, offset, frequency, maxerror_us, esterror_us, status, 0)
    return head + bytes(40) + struct.pack("=q", tick_us) + bytes(64) + struct.pack("=i", tai_s) + bytes(44)


def test_recorded_bytes():
    assert parse_timex(UNSTEERED, 5) == KernelClock(
        leap=Leap.UNSYNCHRONIZED,
        unsync=True,
        offset_s=0.0,
        maxerror_s=16.0,
        esterror_s=16.0,
        frequency_ppm=0.0,
        tai_offset_s=0,
        status=0x40,
        tick_s=0.01,
    )


def test_units():
    clock = parse_timex(
        timex(frequency=-(17 << 16) - 32768, maxerror_us=1500, esterror_us=12, offset=-250, tai_s=37, tick_us=10_500), 0
    )
    assert clock == KernelClock(
        leap=Leap.NORMAL,
        unsync=False,
        offset_s=-250e-6,
        maxerror_s=0.0015,
        esterror_s=12e-6,
        frequency_ppm=-17.5,
        tai_offset_s=37,
        tick_s=0.0105,
    )


def test_the_offset_is_in_nanoseconds_when_the_kernel_says_so():
    assert parse_timex(timex(offset=250, status=0x2001), 0).offset_s == 250e-9


@pytest.mark.parametrize(
    ("state", "leap"),
    [
        (0, Leap.NORMAL),
        (1, Leap.INSERT),
        (2, Leap.DELETE),
        (3, Leap.INSERT),
        (4, Leap.NORMAL),
        (5, Leap.UNSYNCHRONIZED),
    ],
)
def test_clock_states(state, leap):
    assert parse_timex(timex(), state).leap is leap


@pytest.mark.parametrize(("data", "state"), [(UNSTEERED[:-1], 5), (UNSTEERED + b"\0", 5), (b"", 0), (UNSTEERED, 6)])
def test_what_is_no_struct_timex_is_refused(data, state):
    with pytest.raises(RemoteProtocolError):
        parse_timex(data, state)


def test_the_maximum_error_tells_how_long_ago_the_clock_was_steered_at_most():
    assert parse_timex(timex(maxerror_us=16_000_000), 0).longest_age_s == pytest.approx(32_000)
