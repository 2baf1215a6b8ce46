"""PURE: the bytes adjtimex(2) fills in, read as the state of the kernel's clock; it never calls the kernel.

The layout is that of 64-bit Linux, the same on x86-64 and aarch64 (``linux/timex.h``).
"""

import struct
from dataclasses import dataclass

from communicator.errors import RemoteProtocolError
from timekeeper.discipline import Leap

TIMEX_BYTES = 208

_LAYOUT = struct.Struct("=I4xqqqqi4xqqqqqqqqi4xqqqqqi44x")
assert _LAYOUT.size == TIMEX_BYTES  # noqa: S101 - a wrong layout must not survive the import

_STA_UNSYNC = 0x0040
_STA_NANO = 0x2000
_PPM_SCALE = 65_536
"""Frequencies are parts per million with 16 binary places."""
_US_PER_S, _NS_PER_S = 1_000_000, 1_000_000_000

_LEAPS = {
    0: Leap.NORMAL,  # TIME_OK
    1: Leap.INSERT,  # TIME_INS
    2: Leap.DELETE,  # TIME_DEL
    3: Leap.INSERT,  # TIME_OOP, the inserted second is going on
    4: Leap.NORMAL,  # TIME_WAIT, it is over
    5: Leap.UNSYNCHRONIZED,  # TIME_ERROR
}

ERROR_GROWTH = 500e-6
"""The kernel adds 500 ppm of the time passed to its maximum error, and gives up at 16 s: after 8.9 hours."""
_GROWS_EVERY_S = 1.0
"""So long it may not have grown yet."""


@dataclass(frozen=True, slots=True)
class KernelClock:
    """The kernel's own account of its clock."""

    leap: Leap
    unsync: bool
    """STA_UNSYNC: not steered for 8.9 hours, or steered by a chronyd without `rtcsync`."""
    offset_s: float
    """What is left to be slewed; chrony and ntpd-rs always leave it 0."""
    maxerror_s: float
    esterror_s: float
    frequency_ppm: float
    tai_offset_s: int
    """TAI - UTC; 0 when nobody has set it."""
    status: int = 0
    """The bits of adjtimex(2), `unsync` among them."""
    tick_s: float = 0.01
    """By how much the clock is moved each hundredth of a second: chronyd speeds it up by this, beyond what a frequency may be."""

    @property
    def longest_age_s(self) -> float:
        """The clock was last steered at most this long ago: the maximum error started at 0 or above then."""
        return self.maxerror_s / ERROR_GROWTH

    @property
    def oldest_s(self) -> float:
        """The same for one that is steered every second, of which that may not have grown yet."""
        return self.longest_age_s + _GROWS_EVERY_S

    @property
    def error_s(self) -> float:
        """The maximum error, with what it may not have grown yet."""
        return self.maxerror_s + ERROR_GROWTH * _GROWS_EVERY_S


def parse_timex(data: bytes, state: int) -> KernelClock:
    """Read what adjtimex(2) filled in.

    Args:
        data: A ``struct timex`` of 64-bit Linux.
        state: What the call returned.

    Returns:
        The state of the kernel's clock.

    Raises:
        RemoteProtocolError: It has another size, or the state does not exist.
    """
    if len(data) != TIMEX_BYTES:
        raise RemoteProtocolError(f"struct timex of {len(data)} bytes, not the {TIMEX_BYTES} of 64-bit Linux")
    if state not in _LEAPS:
        raise RemoteProtocolError(f"adjtimex returned {state!r}, which is no clock state")
    fields = _LAYOUT.unpack(data)
    _modes, offset, frequency, maxerror_us, esterror_us, status = fields[:6]
    tick_us = fields[11]
    return KernelClock(
        leap=_LEAPS[state],
        unsync=bool(status & _STA_UNSYNC),
        offset_s=offset / (_NS_PER_S if status & _STA_NANO else _US_PER_S),
        maxerror_s=maxerror_us / _US_PER_S,
        esterror_s=esterror_us / _US_PER_S,
        frequency_ppm=frequency / _PPM_SCALE,
        tai_offset_s=fields[-1],
        status=status,
        tick_s=tick_us / _US_PER_S,
    )
