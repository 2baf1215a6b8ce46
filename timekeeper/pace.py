"""PURE: how fast rounds follow each other: faster for a while after somebody came into doubt, to be cleared or accused soon."""

from collections.abc import Set as AbstractSet

HURRY_S = 30.0
"""Three measurements accuse; what is still in doubt then, such as a clock that is measured vaguely, stays so for long."""
HURRIED_INTERVAL_S = 2.0


class Pace:
    """When the next round is due.

    Args:
        interval_s: From one round to the next, in quiet times.
    """

    def __init__(self, interval_s: float) -> None:
        self.interval_s = interval_s
        """May be changed at any time."""
        self._suspects: frozenset[str] = frozenset()
        self._hurry_until_s = float("-inf")

    def note(self, suspects: AbstractSet[str], now_s: float) -> None:
        """Take note of who is in doubt now.

        Args:
            suspects: All of them.
            now_s: Now, on a monotonic clock, in seconds.
        """
        if suspects - self._suspects:
            self._hurry_until_s = now_s + HURRY_S
        self._suspects = frozenset(suspects)

    def interval_at(self, now_s: float) -> float:
        """How long after a round that begins now the next one begins, in seconds."""
        if self._suspects and now_s < self._hurry_until_s:
            return min(self.interval_s, HURRIED_INTERVAL_S)
        return self.interval_s
