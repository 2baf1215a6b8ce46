"""PURE: offsets of clocks as places on one axis; it does not know whose they are.

Within the threshold the axis is linear and takes its middle half, so that a cluster that is well always looks the same. Beyond,
it is logarithmic up to the largest offset there is: a clock that is an hour off does not press all others into one point.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from communicator.wording.spans import duration

_MIDDLE = 50.0
_INNER = 25.0
"""Percent of the width from the middle to the threshold."""
_OUTER = 23.0
"""From there to the largest; the rest is margin."""
_REACH_S = 1e10
"""Three centuries: a clock that is farther off is at the end of the axis."""
_LEAST_REACH = 10.0
"""The axis reaches this many thresholds at least."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place with a name."""

    x: float
    text: str
    kind: str
    """``zero``, ``limit`` or ``plain``."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From offsets in seconds to percent of the width."""

    limit_s: float
    """The threshold beyond which a clock is wrong."""
    reach_s: float
    """The largest offset shown."""

    def place(self, offset_s: float) -> float:
        """Where an offset is, in percent from the left; what is beyond the axis is at its end."""
        size = min(abs(offset_s), self.reach_s)
        if size <= self.limit_s:
            away = _INNER * size / self.limit_s
        else:
            away = _INNER + _OUTER * math.log(size / self.limit_s) / math.log(self.reach_s / self.limit_s)
        return round(_MIDDLE + math.copysign(away, offset_s), 2)

    def ticks(self) -> list[Tick]:
        """From left to right: the ends, the thresholds, and the middle."""
        ends = [
            Tick(self.place(-self.reach_s), f"-{duration(self.reach_s)}", "plain"),
            Tick(self.place(self.reach_s), f"+{duration(self.reach_s)}", "plain"),
        ]
        limits = [
            Tick(self.place(-self.limit_s), f"-{duration(self.limit_s)}", "limit"),
            Tick(self.place(self.limit_s), f"+{duration(self.limit_s)}", "limit"),
        ]
        return [ends[0], limits[0], Tick(_MIDDLE, "0", "zero"), limits[1], ends[1]]


def fit_axis(limit_s: float, extents_s: Iterable[float]) -> Axis:
    """The axis on which all of these can be seen; it grows in powers of ten, so that it does not breathe.

    Args:
        limit_s: The threshold.
        extents_s: Offsets that are to be on it.
    """
    limit_s = limit_s if math.isfinite(limit_s) and limit_s > 0 else 0.005
    largest = max((abs(one) for one in extents_s if math.isfinite(one)), default=0.0)
    reach_s = limit_s * _LEAST_REACH
    while reach_s < min(largest, _REACH_S):
        reach_s *= 10
    return Axis(limit_s, reach_s)
