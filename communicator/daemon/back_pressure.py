"""Stalls local producers for a slow consumer, for a bounded time; it knows links, not messages.

A consumer falls behind when more waits for it than the high-water mark. Whoever makes it worse is not read from until it has
caught up: that producer's own socket fills, and it feels the pressure. A consumer that has not caught up in time is cut, so
that one sleeper never holds the others for longer than that.
"""

import asyncio
from collections.abc import Callable

from communicator.daemon.link import Link
from communicator.router.events import CloseReason

HIGH_WATER_BYTES = 1024 * 1024
"""Four reads of a producer: a consumer that is merely busy for a moment stalls nobody."""
_LOW_PART = 4  # resume when a quarter is left: fewer and longer pauses


class BackPressure:
    """Who waits for whom.

    Args:
        stall_s: How long producers wait for a consumer before it is cut.
        clock: Seconds that never step.
    """

    def __init__(self, stall_s: float, clock: Callable[[], float]) -> None:
        self.stall_s = stall_s
        self._clock = clock
        self._producers: dict[Link, set[Link]] = {}
        """Each consumer that is behind, and whom it stalls."""
        self._consumers: dict[Link, set[Link]] = {}
        """Each stalled producer, and for whom."""
        self._stalled_since: dict[Link, float] = {}
        self._deadlines: dict[Link, asyncio.TimerHandle] = {}
        self._past_stall_s = 0.0

    @property
    def total_stall_s(self) -> float:
        """How long producers were stalled, all together, until now."""
        now = self._clock()
        return self._past_stall_s + sum(now - since for since in self._stalled_since.values())

    def wait_for(self, consumer: Link, producer: Link | None) -> None:
        """Something that matters was written to a consumer that is behind: its time runs, and who wrote it waits.

        Args:
            consumer: Who reads too slowly.
            producer: The local link that wrote; None when it cannot be held up.
        """
        if consumer not in self._producers:
            self._producers[consumer] = set()
            loop = asyncio.get_running_loop()
            self._deadlines[consumer] = loop.call_later(self.stall_s, consumer.cut, CloseReason.SLOW)
        if producer is not None and producer.kind.is_local:
            self._stall(producer, consumer)

    def caught_up(self, consumer: Link) -> None:
        """A consumer has read, or is gone: those who waited for it alone go on."""
        deadline = self._deadlines.pop(consumer, None)
        if deadline is not None:
            deadline.cancel()
        for producer in self._producers.pop(consumer, ()):
            waits_for = self._consumers[producer]
            waits_for.discard(consumer)
            if not waits_for:
                self._release(producer)

    def forget(self, link: Link) -> None:
        """A link is gone, whatever part it had."""
        self.caught_up(link)
        for consumer in self._consumers.get(link, ()):
            self._producers[consumer].discard(link)
        if link in self._consumers:
            self._release(link)

    def _stall(self, producer: Link, consumer: Link) -> None:
        self._producers[consumer].add(producer)
        self._consumers.setdefault(producer, set()).add(consumer)
        if producer not in self._stalled_since:
            self._stalled_since[producer] = self._clock()
            producer.pause_reading()

    def _release(self, producer: Link) -> None:
        del self._consumers[producer]
        self._past_stall_s += self._clock() - self._stalled_since.pop(producer)
        producer.resume_reading()


def water_marks(queue_bytes: int) -> tuple[int, int]:
    """The high and the low mark for a bound of the queue: well below it, so that a stall comes before a cut."""
    high = min(HIGH_WATER_BYTES, queue_bytes // 4)
    return high, high // _LOW_PART
