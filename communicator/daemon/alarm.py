"""One timer that follows the router's next deadline."""

import asyncio
from collections.abc import Callable

_SHORTEST_S = 0.001
"""A loop whose timers are coarser than its clock must not spin until the moment comes."""


class Alarm:
    """Rings at the time it was last set to.

    Args:
        ring: Called then.
        clock: The clock of the times it is set to, in seconds; one that never steps.
    """

    def __init__(self, ring: Callable[[], None], clock: Callable[[], float]) -> None:
        self._ring = ring
        self._clock = clock
        self.at_s: float | None = None
        """When it rings; None for never."""
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at_s: float | None) -> None:
        """Ring at another time; None for never."""
        if at_s == self.at_s:
            return
        self.at_s = at_s
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_s is not None:
            self._arm(at_s)

    def _arm(self, at_s: float) -> None:
        wait_s = max(_SHORTEST_S, at_s - self._clock())
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._due, at_s)

    def _due(self, at_s: float) -> None:
        if self._clock() < at_s:
            self._arm(at_s)
            return
        self.at_s = self._timer = None
        self._ring()
