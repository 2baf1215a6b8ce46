"""PURE: where a value lies by several intervals of which fewer than half may be wrong; it does not know what they measure."""

from collections.abc import Sequence

from timekeeper.intervals import Interval

NOWHERE = Interval(float("-inf"), float("inf"))
"""What says nothing."""


def place(intervals: Sequence[Interval]) -> Interval:
    """Find where the value lies, as long as half of the intervals hold it.

    Let k be the least number that is more than half of them. If the value were below the k-th largest of the low ends,
    k intervals would not hold it; so it is not, and in the mirror it is not above the k-th smallest of the high ends.
    Two groups of k have one interval in common, which lies between the two.

    Args:
        intervals: Closed intervals; one that says nothing counts as well.

    Returns:
        From there to there. It is beyond a limit exactly when more than half of the intervals are, each taken alone.
    """
    if not intervals:
        return NOWHERE
    k = len(intervals) // 2 + 1
    return Interval(
        sorted((one.low for one in intervals), reverse=True)[k - 1], sorted(one.high for one in intervals)[k - 1]
    )
