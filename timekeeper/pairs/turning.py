"""PURE: how fast a CLOCK_REALTIME is being turned against its raw clock just now; it knows no pair and reads no clock."""

from collections.abc import Sequence

from timekeeper.pairs.exchange import RealtimeReading
from timekeeper.pairs.rates import FASTEST_SLEW

_BURST_NS = 1_000_000_000
"""Readings that are closer together are of one burst, and tell what happens now."""


def turning_rate(readings: Sequence[RealtimeReading]) -> float:
    """Find the rate at which REALTIME - RAW grows.

    Over the last pause between two bursts it is measured well, but a step in it would pass for a slew; within the last
    burst no step hides, but the errors of the readings count for more. So it is what the pause tells, as far as the burst
    allows for that.

    Args:
        readings: Of one host, by one raw clock, the oldest first.

    Returns:
        The rate; 0 where too little is known.
    """
    if len(readings) < 2:  # noqa: PLR2004 - a rate is of two readings
        return 0.0
    newest = readings[-1]
    burst = [one for one in readings if newest.raw_ns - one.raw_ns < _BURST_NS]
    before = readings[len(readings) - len(burst) - 1] if len(burst) < len(readings) else burst[0]
    rate, _ = _rate(before, newest)
    within, error = _rate(burst[0], newest)
    if abs(rate) > FASTEST_SLEW:
        rate = 0.0
    return min(max(rate, within - error), within + error)


def _rate(earlier: RealtimeReading, later: RealtimeReading) -> tuple[float, float]:
    """The rate between two readings, and how far off that may be."""
    elapsed_ns = later.raw_ns - earlier.raw_ns
    if elapsed_ns <= 0:
        return 0.0, float("inf")
    return (later.difference_ns - earlier.difference_ns) / elapsed_ns, (later.error_ns + earlier.error_ns) / elapsed_ns
