"""PURE: the shared memory of ClockBound (protocol version 2) as bytes, in the shape all time daemons share; it reads no file.

The segment is in the byte order of the machine, its mark too: that is two numbers of 32 bits. The writer makes the
generation odd before it changes anything, and even afterwards.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Discipline, Leap, Reference

DAEMON = "clockbound"
SEGMENT_BYTES = 80

VERSION = 2
TRIES = 16
"""A write takes less than a microsecond; one that never ends has lost its writer."""
GRACE_S = 5.0
"""ClockBound writes every second. What is older than this is no longer vouched for: the clock runs free."""

_LAYOUT = struct.Struct("=IIIHHqqqqqQIi8x")
assert _LAYOUT.size == SEGMENT_BYTES  # noqa: S101 - a wrong layout must not survive the import
_MARK = (0x414D_5A4E, 0x4342_0200)
_NS_PER_S = 1_000_000_000
_PPB = 1e-9
_BLUR_NS = 20_000_000
"""The coarse clock of the stamps advances by ticks, so a stamp may seem to lie up to two of 10 ms ahead."""
_INTERVAL_S = 1.0
_DISRUPTED = "this virtual machine was stopped, moved or restored since the last look"


class SegmentError(RemoteProtocolError):
    """This is no segment of ClockBound, or nothing one can use."""


class TornSegmentError(SegmentError):
    """It was read while it was being written. The next try may succeed."""


class ClockStatus(IntEnum):
    """What ClockBound thinks of the clock."""

    UNKNOWN = 0
    SYNCHRONIZED = 1
    FREE_RUNNING = 2
    DISRUPTED = 3
    """The virtual machine was stopped, moved or restored, so the clock may be off by anything."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What the segment says; times are on CLOCK_MONOTONIC."""

    as_of_ns: int
    """When the bound was computed."""
    void_after_ns: int
    """From when on it means nothing."""
    bound_ns: int
    """The clock was off by no more than this at that time."""
    disruption_marker: int
    """Changes whenever the virtual machine was disrupted."""
    max_drift_ppb: int
    status: ClockStatus


def decode_segment(data: bytes) -> Segment:
    """Read.

    Args:
        data: The segment, 80 bytes or more.

    Returns:
        What it says.

    Raises:
        TornSegmentError: It is being written at this moment.
        SegmentError: It is none, of another version, or makes no sense.
    """
    if len(data) < SEGMENT_BYTES:
        raise SegmentError(f"{len(data)} bytes are no segment of ClockBound")
    first, second, size, version, generation, *stamps, bound_ns, marker, drift, status = _LAYOUT.unpack_from(data)
    if (first, second) != _MARK:
        raise SegmentError("it does not begin with the mark of ClockBound")
    if version != VERSION or size < SEGMENT_BYTES:
        raise SegmentError(f"version {version} of {size} bytes, not version {VERSION} of {SEGMENT_BYTES}")
    if generation == 0:
        raise SegmentError("nobody has written it yet")
    if generation % 2:
        raise TornSegmentError("it is being written")
    as_of_s, as_of_ns, void_s, void_ns = stamps
    if bound_ns < 0 or drift >= _NS_PER_S or status not in set(ClockStatus):
        raise SegmentError(f"bound {bound_ns} ns, drift {drift} ppb, status {status} make no sense")
    return Segment(
        as_of_s * _NS_PER_S + as_of_ns,
        void_s * _NS_PER_S + void_ns,
        bound_ns,
        marker,
        drift,
        ClockStatus(status),
    )


def decode_unchanged(read: Callable[[], bytes]) -> Segment:
    """Read it as often as it takes to find it unchanged.

    Args:
        read: Gives a copy of the segment, which may have been taken while it was being written.

    Returns:
        What two equal copies in a row say, neither of them marked as being written.

    Raises:
        SegmentError: As of `decode_segment`; or it is being written again and again.
    """
    for _ in range(TRIES):
        data = read()
        with suppress(TornSegmentError):
            segment = decode_segment(data)
            if read() == data:
                return segment
    raise SegmentError("it is being written, and that does not come to an end")


def describe_clockbound(
    segment: Segment, monotonic_ns: int, wall_ns: int, marker_before: int | None = None
) -> Discipline:
    """Translate.

    Args:
        segment: What was read.
        monotonic_ns: CLOCK_MONOTONIC after that.
        wall_ns: The wall clock after that.
        marker_before: The disruption marker as it was the last time; None at the first.

    Returns:
        The word of ClockBound, which knows a bound and no offset.

    Raises:
        SegmentError: It is void, or from the future.
    """
    age_ns = monotonic_ns - segment.as_of_ns
    if age_ns < -_BLUR_NS:
        raise SegmentError(f"it is dated {-age_ns / _NS_PER_S:.1f} s into the future: left from before this boot")
    age_ns = max(age_ns, 0)
    if monotonic_ns > segment.void_after_ns:
        raise SegmentError(f"its bound is void: it was computed {age_ns / _NS_PER_S:.0f} s ago")
    is_sound = segment.status in (ClockStatus.SYNCHRONIZED, ClockStatus.FREE_RUNNING)
    return Discipline(
        daemon=DAEMON,
        leap=Leap.NORMAL if is_sound else Leap.UNSYNCHRONIZED,
        stratum=None,
        reference=Reference.OUTSIDE,
        offset_s=None,
        root_delay_s=None,
        root_dispersion_s=None,
        further_error_s=segment.bound_ns / _NS_PER_S,
        max_drift=segment.max_drift_ppb * _PPB,
        update_interval_s=_INTERVAL_S,
        updated_wall_ns=wall_ns - age_ns,
        age_s=age_ns / _NS_PER_S,
        is_free_running=segment.status is ClockStatus.FREE_RUNNING or age_ns > GRACE_S * _NS_PER_S,
        upstreams=None,
        remarks=(_DISRUPTED,) if _is_disrupted(segment, marker_before) else (),
    )


def _is_disrupted(segment: Segment, marker_before: int | None) -> bool:
    """The state lasts only until chronyd has been set right, which a look now and then may miss."""
    has_changed = marker_before is not None and marker_before != segment.disruption_marker
    return has_changed or segment.status is ClockStatus.DISRUPTED
