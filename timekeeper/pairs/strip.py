"""PURE: all straight lines between points above and points below (Moon, Skelly, Towsley 1999); it knows no packet."""

from collections.abc import Sequence
from dataclasses import dataclass

from timekeeper.pairs.hull import Point, lower_hull, upper_hull


@dataclass(frozen=True, slots=True)
class Strip:
    """What the lines that fit have in common."""

    low: float
    high: float
    """Where they are at x = 0."""
    slope_low: float
    slope_high: float


def fit_strip(above: Sequence[Point], below: Sequence[Point], slope_bound: float, wander: float) -> Strip | None:
    """Find the range of the lines y = c + r x, x <= 0, that stay below one set of points and above the other.

    The line may bend: its slope is within `wander` of r everywhere, and within `slope_bound` of 0. So seen from x = 0
    each point is as much softer as it is far away, and the linear program over (c, r) is

        maximise, minimise  r  and  c,  where  l_j - w |x_j|  <=  c + r x_j  and  c + r x_i  <=  u_i + w |x_i|,  |r| <= slope_bound.

    g(r) = min_i (u_i + w |x_i| - r x_i) - max_j (l_j - w |x_j| - r x_j) is how far the two sets are apart for one r. It
    is concave and piecewise linear, and r fits where g(r) >= 0: Newton's method from either end finds the range
    exactly, in as many steps as there are pieces at most. No x is positive, so c is highest at the highest r.

    Args:
        above: Points the line may not be above, at least one, none of them at x > 0.
        below: Points it may not be below, in the same manner.
        slope_bound: The largest slope either way.
        wander: How far the slope may be from its mean.

    Returns:
        The strip; None where no line fits.
    """
    upper = lower_hull(sorted((x, y - wander * x) for x, y in above))
    lower = upper_hull(sorted((x, y + wander * x) for x, y in below))
    slope_low = _first_fitting(upper, lower, -slope_bound)
    mirrored_high = _first_fitting(_mirrored(upper), _mirrored(lower), -slope_bound)
    if slope_low is None or mirrored_high is None:
        return None
    slope_low, slope_high = _at_least(wander, slope_low, -mirrored_high)
    fastest = min(slope_bound, slope_high + wander)
    slowest = max(-slope_bound, slope_low - wander)
    high = min(y - fastest * x for x, y in above)
    low = max(y - slowest * x for x, y in below)
    return Strip(low, high, slope_low, slope_high) if low <= high else None


def _at_least(reach: float, low: float, high: float) -> tuple[float, float]:
    """A range, no narrower than `reach` to either side of its middle.

    A straight line leaves that much room at least. A range with less shows that the line bends about as much as is allowed
    for, and may well do more.
    """
    middle, half = (low + high) / 2, max(reach, (high - low) / 2)
    return middle - half, middle + half


def _first_fitting(upper: Sequence[Point], lower: Sequence[Point], slope: float) -> float | None:
    """From a slope at or below all that fit go up to the first one; None where the gap closes no more."""
    while True:
        x_upper, y_upper = min(upper, key=lambda point: point[1] - slope * point[0])
        x_lower, y_lower = max(lower, key=lambda point: point[1] - slope * point[0])
        gap = (y_upper - slope * x_upper) - (y_lower - slope * x_lower)
        if gap >= 0:
            return slope
        if x_lower <= x_upper:
            return None
        steeper = (y_upper - y_lower) / (x_upper - x_lower)
        if steeper <= slope:  # as near as floating point comes
            return slope
        slope = steeper


def _mirrored(points: Sequence[Point]) -> list[Point]:
    """Seen in a mirror, the highest slope is the lowest."""
    return [(-x, y) for x, y in points]
