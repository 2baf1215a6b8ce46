"""PURE: where on a line at least so many intervals lie above each other; it does not know what they measure."""

from collections.abc import Sequence
from itertools import pairwise

from timekeeper.intervals import Interval

_OPENS, _CLOSES = 0, 1  # at one point opening comes first: closed intervals that only touch do overlap


def find_regions(intervals: Sequence[Interval], depth: int) -> list[Interval]:
    """Find where the intervals lie `depth` deep or deeper.

    If so many of them hold one unknown value, it lies in one of these regions (Marzullo and Owicki, "Maintaining the
    time in a distributed system", 1983), which is more than the deepest overlap can promise.

    Args:
        intervals: Closed intervals.
        depth: How many, one at least.

    Returns:
        The regions, from left to right, none of which touch.
    """
    ends = sorted([(one.low, _OPENS) for one in intervals] + [(one.high, _CLOSES) for one in intervals])
    found, count, began = [], 0, 0.0
    for at, kind in ends:
        if kind == _OPENS:
            count += 1
            if count == depth:
                began = at
        else:
            if count == depth:
                found.append(Interval(began, at))
            count -= 1
    return found


def span_regions(regions: Sequence[Interval], gap: float) -> Interval | None:
    """One interval around regions that are close together.

    Args:
        regions: From left to right.
        gap: Regions that are farther apart are rivals.

    Returns:
        From the first to the last; None without regions, or where there are rivals.
    """
    if not regions:
        return None
    for left, right in pairwise(regions):
        if right.low - left.high > gap:
            return None
    return Interval(regions[0].low, regions[-1].high)


def distance(one: Interval, other: Interval) -> float:
    """How far apart two intervals are; 0 where they touch."""
    return max(0.0, one.low - other.high, other.low - one.high)
