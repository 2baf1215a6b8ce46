"""PURE: how fast, and how evenly, a CLOCK_REALTIME is turned against its raw clock; it knows no pair and reads no clock."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

from timekeeper.pairs.exchange import RealtimeReading
from timekeeper.pairs.rates import FASTEST_SLEW

_BURST_NS = 1_000_000_000
"""Readings that are closer together are of one burst, and tell what happens now."""
_SEEN_NS = 30_000_000_000
"""Over less than three rounds of ten seconds nobody knows how evenly a clock is turned."""


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


def turning_change(readings: Sequence[RealtimeReading]) -> float:
    """Find how far from the present rate (`turning_rate`) REALTIME - RAW grew in any pause between two bursts.

    Args:
        readings: Of one host, by one raw clock, the oldest first.

    Returns:
        The largest difference, with what the errors of the readings leave open; infinite where the clock was watched for
        less than 30 s.
    """
    ends = [one for one, after in pairwise(readings) if after.raw_ns - one.raw_ns >= _BURST_NS] + list(readings[-1:])
    if not ends or ends[-1].raw_ns - ends[0].raw_ns < _SEEN_NS:
        return inf
    now = turning_rate(readings)
    return max(abs(rate - now) + error for rate, error in (_rate(earlier, later) for earlier, later in pairwise(ends)))


def _rate(earlier: RealtimeReading, later: RealtimeReading) -> tuple[float, float]:
    """The rate between two readings, and how far off that may be."""
    elapsed_ns = later.raw_ns - earlier.raw_ns
    if elapsed_ns <= 0:
        return 0.0, float("inf")
    return (later.difference_ns - earlier.difference_ns) / elapsed_ns, (later.error_ns + earlier.error_ns) / elapsed_ns
