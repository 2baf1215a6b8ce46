"""PURE: where on the raw clock a datagram came in that the kernel stamped with its REALTIME; it reads no clock."""

from dataclasses import dataclass

from timekeeper.pairs import RealtimeReading

WIDEST_ERROR_NS = 15_000
"""Half of the widest bracket, 30 us: beyond, the process was interrupted while it read."""

_OLDEST_NS = 1_000_000_000
"""A datagram that has lain there for longer than a second is more likely one whose clock was set meanwhile."""
_FASTEST_PPM = 500
"""The kernel steers REALTIME by at most this; chronyd may ask for more (see `place_on_raw`)."""
_MOVED_NS = 50_000
"""A REALTIME that moved by more than this since it was read last was set, is being slewed, or was read long ago."""
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something came in."""

    raw_ns: int
    """On CLOCK_MONOTONIC_RAW; at most `error_ns` before it came."""
    error_ns: int


def place_on_raw(kernel_ns: int, now: RealtimeReading, last: RealtimeReading) -> Stamp | None:
    """Turn a receive stamp of the kernel into one of the raw clock.

    With REALTIME and RAW read at one moment, a stamp that is `age` old by REALTIME is as old by RAW. That is so only
    while nobody sets or steers REALTIME in between. So whatever it moved by since it was read last counts as an error
    of the stamp, however long ago that was: it may all have happened between the stamp and its reading. Where that is
    much, there is no result, and the moment of reading has to do: it is later, which only widens what is concluded.

    Args:
        kernel_ns: The kernel's stamp, on the kernel's own REALTIME.
        now: That REALTIME and RAW, read after the datagram.
        last: The same, as read before, for an earlier datagram or none.

    Returns:
        When it came in; None when the stamp is from the future, too old, or REALTIME or the reading not steady.
    """
    raw_ns = kernel_ns - now.difference_ns
    age_ns = now.raw_ns - raw_ns
    moved_ns = abs(now.difference_ns - last.difference_ns)
    read_ns = now.error_ns + last.error_ns
    if not 0 <= age_ns <= _OLDEST_NS or now.error_ns > WIDEST_ERROR_NS or moved_ns > _MOVED_NS + read_ns:
        return None
    return Stamp(raw_ns, read_ns + moved_ns + _steering_ns(age_ns))


def _steering_ns(span_ns: int) -> int:
    """How far REALTIME may have been steered within a span that it may itself have measured, rounded up."""
    return -(-span_ns * _FASTEST_PPM // (_PPM - _FASTEST_PPM))
