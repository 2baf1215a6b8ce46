"""PURE: whether this host's clock was set lately, by so much that somebody should know; who set it, it does not know."""

from timekeeper.solution import Thresholds
from timekeeper.solution.quantities import tell_span

TOLD_S = 600.0
"""How long it is told."""


class RecentStep:
    """Remembers the last large step.

    Args:
        thresholds: A step is large beyond the first of them.
        grace_until_s: Until then, on a monotonic clock, daemons may step a clock after a start.
    """

    def __init__(self, thresholds: Thresholds, grace_until_s: float) -> None:
        self._thresholds = thresholds
        self._grace_until_s = grace_until_s
        self._told_until_s = float("-inf")
        self._text = ""

    def note(self, step_s: float, now_s: float) -> None:
        """The clock was set by so much, in seconds; `now_s` is on a monotonic clock."""
        if now_s >= self._grace_until_s and abs(step_s) > self._thresholds.warn_s:
            self._told_until_s = now_s + TOLD_S
            self._text = f"set {'forward' if step_s > 0 else 'back'} by {tell_span(step_s)}"

    def tell(self, now_s: float) -> str:
        """What is to be told; empty when there is nothing, or no more."""
        return self._text if now_s < self._told_until_s else ""
