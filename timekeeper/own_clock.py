"""SHELL: watches whether this host's clock is set, once a second on the loop's timer; who set it, it does not know."""

import asyncio
from collections.abc import Callable

from timekeeper.pairs import Direction, Step, StepDetector
from timekeeper.probes import EpochWatch
from timekeeper.probes.stamps import read_realtime

INTERVAL_S = 1.0


class OwnClock:
    """Counts the steps of this host's clock.

    Args:
        epochs: Knows when the raw clock broke, against which steps are seen.
        stepped: Called with each step.
    """

    def __init__(self, epochs: EpochWatch, stepped: Callable[[Step], None]) -> None:
        self.steps = dict.fromkeys(Direction, 0)
        """How many were seen, by direction."""
        self.last_step: Step | None = None
        self._epochs = epochs
        self._epoch = epochs.look()
        self._stepped = stepped
        self._detector = StepDetector()

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(INTERVAL_S)

    def look(self) -> None:
        """Look once."""
        epoch = self._epochs.look()
        if epoch != self._epoch:
            self._epoch = epoch
            self._detector.forget()
        step = self._detector.observe(read_realtime())
        if step is not None:
            self.steps[step.direction] += 1
            self.last_step = step
            self._stepped(step)
