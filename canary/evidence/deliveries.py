"""PURE: messages to one run, delivered or not, of the last half minute; it does not know what follows from them."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_S = 30
FAILURES = 5
"""Fewer say nothing."""
SHARE = 0.5


@dataclass(slots=True)
class Deliveries:
    """Counted by the second, so that the busiest service takes no more room than any other."""

    _seconds: deque[tuple[int, int, int]] = field(default_factory=deque)
    """Each with how many failed, and how many there were."""

    def add(self, at_s: float, *, failed: bool) -> None:
        """Count one message.

        Args:
            at_s: When; not before the one before.
            failed: Whether it was not delivered.
        """
        second = int(at_s)
        failures = messages = 0
        if self._seconds and self._seconds[-1][0] == second:
            _, failures, messages = self._seconds.pop()
        self._seconds.append((second, failures + failed, messages + 1))
        while self._seconds[0][0] <= second - WINDOW_S:
            self._seconds.popleft()

    @property
    def are_failing(self) -> bool:
        """Whether so many fail that the run is at fault."""
        failures = sum(failed for _, failed, _ in self._seconds)
        messages = sum(counted for _, _, counted in self._seconds)
        return failures >= FAILURES and failures >= SHARE * messages
