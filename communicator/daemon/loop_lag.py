"""How late the event loop runs what is due: while one handler works, all others wait; it knows no handler."""

import asyncio
from collections import Counter

from communicator.answers.histogram import Bucket, Histogram

INTERVAL_S = 0.5
BOUNDS_S = (0.001, 0.005, 0.025, 0.1, 0.25, 1.0)
"""A loop that is well is within the second one; beyond 0.25 s answers to ALIVE are late."""


class LoopLag:
    """Looks twice a second how long after its time it is called, in seconds, and counts."""

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        self._count = 0
        self._sum_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + INTERVAL_S
        self._timer = loop.call_at(due_s, self._look, due_s)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def note(self, lag_s: float) -> None:
        """Count one that was so late."""
        self._count += 1
        self._sum_s += lag_s
        for bound_s in BOUNDS_S:
            self._counts[bound_s] += lag_s <= bound_s

    def measure(self) -> Histogram:
        """What was counted since the start; a bucket holds those before it, too."""
        buckets = tuple(Bucket(bound_s, self._counts[bound_s]) for bound_s in BOUNDS_S)
        return Histogram(buckets=buckets, count=self._count, sum_seconds=self._sum_s)

    def _look(self, due_s: float) -> None:
        self.note(max(0.0, asyncio.get_running_loop().time() - due_s))
        self.start()
