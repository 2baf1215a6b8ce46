"""PURE: where most of many closed intervals overlap (Marzullo's algorithm); it does not know what they measure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

_OPENS, _CLOSES = 0, 1  # at one point opening comes first: closed intervals that only touch do overlap


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The value farthest from both ends."""
        return self.low + (self.high - self.low) / 2

    @property
    def half_width(self) -> float:
        """How far the ends are from the middle."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Overlap:
    """The deepest overlap of some intervals."""

    low: float
    high: float
    """From the lowest to the highest value of that depth: several stretches may be equally deep."""
    members: frozenset[int]
    """Indices of the intervals that hold one of these stretches; nobody else can be as right as they are."""
    depth: int
    """How many intervals hold each of them."""


def deepest_overlap(intervals: Sequence[Interval]) -> Overlap | None:
    """Find the values that the largest number of intervals contain.

    Marzullo, "Maintaining the Time in a Distributed System" (1984): sort the ends, count the open intervals along
    the line, keep where the count is highest. As in RFC 5905, section 11.2.1, a tie is not broken: the result then
    reaches from the first such stretch to the last. O(n log n).

    Args:
        intervals: Closed intervals.

    Returns:
        The overlap; None without intervals.

    Raises:
        ValueError: The low end of an interval lies above its high end, or an end is no number.
    """
    for number, interval in enumerate(intervals):
        if not interval.low <= interval.high:
            raise ValueError(f"interval {number} from {interval.low!r} to {interval.high!r} is none")
    if not intervals:
        return None
    depth, stretches = _deepest_stretches(intervals)
    members = frozenset(number for number, interval in enumerate(intervals) if _holds_one(interval, stretches))
    return Overlap(stretches[0][0], stretches[-1][1], members, depth)


def _deepest_stretches(intervals: Sequence[Interval]) -> tuple[int, list[tuple[float, float]]]:
    """The greatest depth and all stretches of it, from left to right; two of them are never the same."""
    ends = sorted([(one.low, _OPENS) for one in intervals] + [(one.high, _CLOSES) for one in intervals])
    depth = deepest = 0
    start = ends[0][0]
    rising = False
    found: list[tuple[float, float]] = []
    for at, kind in ends:
        if kind == _OPENS:
            depth, start, rising = depth + 1, at, True
            continue
        if rising and depth > deepest:
            deepest, found = depth, []
        if rising and depth == deepest:
            found.append((start, at))
        depth, rising = depth - 1, False
    return deepest, found


def _holds_one(interval: Interval, stretches: Sequence[tuple[float, float]]) -> bool:
    """Whether the first stretch that begins inside also ends inside: those after it end later."""
    first = bisect_left(stretches, interval.low, key=lambda stretch: stretch[0])
    return first < len(stretches) and stretches[first][1] <= interval.high
