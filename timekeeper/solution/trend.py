"""PURE: how fast an offset grows, and when it will cross a threshold; it knows neither hosts nor clocks."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

PPM = 1e6
_KEPT = 60
_FEWEST = 6
_SHORTEST_S = 30.0
_SIGNIFICANT = 3.0
"""A slope counts when it is this many of its standard errors away from none."""
_STEP_S = 0.001
"""A change that the bounds and this do not explain is a step: what was before tells nothing of what comes."""


@dataclass(slots=True)
class Trend:
    """The last offsets of one host."""

    _points: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, at_s: float, offset_s: float, bound_s: float) -> None:
        """Take one offset in.

        Args:
            at_s: When it was found, on a monotonic clock.
            offset_s: The offset.
            bound_s: By how much it may be off.
        """
        if self._points:
            _, last_s, last_bound_s = self._points[-1]
            if abs(offset_s - last_s) > bound_s + last_bound_s + _STEP_S:
                self._points.clear()
        self._points.append((at_s, offset_s, bound_s))

    @property
    def slope_ppm(self) -> float | None:
        """How fast the offset grows, by least squares; None while that cannot be told from noise.

        Noise is not independent from round to round: a daemon that has just started swings for minutes. So the offset also has to
        have moved farther than it may be off.
        """
        span_s = self._points[-1][0] - self._points[0][0] if self._points else 0.0
        if len(self._points) < _FEWEST or span_s < _SHORTEST_S:
            return None
        at_s, offset_s, bound_s = np.array(self._points).T
        at_s -= at_s.mean()
        power = float(at_s @ at_s)
        slope = float(at_s @ offset_s) / power
        rest_s = offset_s - offset_s.mean() - slope * at_s
        error = float(np.sqrt(rest_s @ rest_s / (len(rest_s) - 2) / power))
        is_known = abs(slope) > _SIGNIFICANT * error and abs(slope) * span_s > float(np.median(bound_s))
        return slope * PPM if is_known else None


def predict_crossing(offset_s: float, bound_s: float, slope_ppm: float | None, limit_s: float) -> float | None:
    """Seconds until a clock may be beyond a threshold: (limit - distance - bound) / speed.

    Args:
        offset_s: Where it is.
        bound_s: By how much that may be off.
        slope_ppm: How fast it moves; None when not known.
        limit_s: The threshold, on either side of zero.

    Returns:
        0 when it may be beyond it already; None while it does not move.
    """
    if abs(offset_s) + bound_s >= limit_s:
        return 0.0
    if not slope_ppm:
        return None
    ahead_s = offset_s if slope_ppm > 0 else -offset_s
    return (limit_s - ahead_s - bound_s) / (abs(slope_ppm) / PPM)
