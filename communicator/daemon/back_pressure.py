"""Stalls producers for a slow consumer, for a bounded time; it knows links, not messages.

A consumer falls behind when more waits for it than the high-water mark. Whoever makes it worse is not read from until it has
caught up: that producer's own socket fills, and it feels the pressure. A consumer that holds producers up for too long is cut:
`stall_s` in one go, or as much in many small ones, since stalls add up and are forgiven slowly. What is short is free: a consumer
that reads a queue empty within a twentieth of `stall_s` is used to the full, not asleep.

A link to another router is no slow consumer: a service that writes to it waits as long as it takes, and a router that writes to
it in transit waits too, up to `stall_s` in one go, so that nothing is lost where a way is slow, and routers never wait for each
other in a circle. Whether it is alive at all the router finds out itself. For a service a router waits a hundredth of that in one
go: one that reads well, but not as fast as another host can write, loses nothing, and one that is slow does not hold up all
others behind it: it is cut when its time is over or its queue is full.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from communicator.daemon.link import Link
from communicator.router.vocabulary.events import CloseReason

HIGH_WATER_BYTES = 1024 * 1024
"""Four reads of a producer: a consumer that is merely busy for a moment stalls nobody."""
FORGIVEN_PART = 0.1
"""How much of a second's stall each second without one makes good."""
FREE_PART = 0.05
"""The part of `stall_s` up to which a stall costs nothing: with the default of 5 s, whoever reads 3 MiB/s while behind."""
ROUTER_PART = 0.01
"""The part of `stall_s` for which a router waits for a service: with the default 50 ms, enough for whoever reads 15 MiB/s."""
_LOW_PART = 4  # resume when a quarter is left: fewer and longer pauses


class _Account(msgspec.Struct):
    """What a consumer has cost its producers."""

    spent_s: float
    at_s: float
    """When that was so."""


class BackPressure:
    """Who waits for whom.

    Args:
        stall_s: How long a consumer may hold producers up before it is cut.
        clock: Seconds that never step.
        changed: Called with a producer that is stalled from now on, or no longer.
    """

    def __init__(self, stall_s: float, clock: Callable[[], float], changed: Callable[[Link], None]) -> None:
        self.stall_s = stall_s
        self._clock = clock
        self._changed = changed
        self._producers: dict[Link, set[Link]] = {}
        """Each consumer that is behind, and whom it stalls."""
        self._consumers: dict[Link, set[Link]] = {}
        """Each stalled producer, and for whom."""
        self._stalled_since: dict[Link, float] = {}
        self._deadlines: dict[Link, asyncio.TimerHandle] = {}
        """When a consumer is cut."""
        self._patience: dict[Link, asyncio.TimerHandle] = {}
        """Until when routers wait for a consumer."""
        self._accounts: dict[Link, _Account] = {}
        self._relented: set[Link] = set()
        """Consumers for which routers have waited long enough this time."""
        self._past_stall_s = 0.0

    @property
    def total_stall_s(self) -> float:
        """How long producers were stalled, all together, until now."""
        now = self._clock()
        return self._past_stall_s + sum(now - since for since in self._stalled_since.values())

    def stalls(self, link: Link) -> bool:
        """Whether a link is not read from, since a consumer of it is behind."""
        return link in self._consumers

    def wait_for(self, consumer: Link, producer: Link | None) -> None:
        """Something that matters was written to a consumer that is behind: its time runs, and who wrote it waits.

        Args:
            consumer: Who reads too slowly.
            producer: The link that wrote; None when it cannot be held up.
        """
        if consumer not in self._producers:
            self._producers[consumer] = set()
            if not consumer.leads_to_router:
                deadline_s = self._open(consumer)
                self._deadlines[consumer] = asyncio.get_running_loop().call_later(
                    deadline_s, consumer.cut, CloseReason.SLOW
                )
        if producer is None or (producer.leads_to_router and not self._is_worth_waiting_for(consumer)):
            return
        self._stall(producer, consumer)

    def caught_up(self, consumer: Link) -> None:
        """A consumer has read, or is gone: those who waited for it alone go on."""
        deadline = self._deadlines.pop(consumer, None)
        if deadline is not None:
            deadline.cancel()
            self._settle(consumer)
        patience = self._patience.pop(consumer, None)
        if patience is not None:
            patience.cancel()
        self._relented.discard(consumer)
        self._go_on(consumer, self._producers.pop(consumer, set()))

    def forget(self, link: Link) -> None:
        """A link is gone, whatever part it had."""
        self.caught_up(link)
        self._accounts.pop(link, None)
        for consumer in self._consumers.get(link, ()):
            self._producers[consumer].discard(link)
        if link in self._consumers:
            self._release(link)

    def _is_worth_waiting_for(self, consumer: Link) -> bool:
        """Whether a router may wait for a consumer; with the first that does, its patience begins."""
        if consumer in self._relented:
            return False
        if consumer not in self._patience:
            patience_s = self.stall_s if consumer.leads_to_router else self.stall_s * ROUTER_PART
            self._patience[consumer] = asyncio.get_running_loop().call_later(patience_s, self._relent, consumer)
        return True

    def _relent(self, consumer: Link) -> None:
        """Routers have waited long enough: for another one in a circle perhaps, or for a service that reads too slowly."""
        self._relented.add(consumer)
        waiting = {producer for producer in self._producers[consumer] if producer.leads_to_router}
        self._producers[consumer] -= waiting
        self._go_on(consumer, waiting)

    def _go_on(self, consumer: Link, producers: Iterable[Link]) -> None:
        """These wait for a consumer no longer."""
        released: list[Link] = []
        for producer in producers:
            waits_for = self._consumers[producer]
            waits_for.discard(consumer)
            if not waits_for:
                released.append(producer)
                self._release(producer)
        for producer in released:  # only now: they may stall again at once
            self._changed(producer)

    def _open(self, consumer: Link) -> float:
        """A stall begins; returns how long it may last."""
        now = self._clock()
        account = self._accounts.setdefault(consumer, _Account(0.0, now))
        account.spent_s = max(0.0, account.spent_s - (now - account.at_s) * FORGIVEN_PART)
        account.at_s = now
        return max(0.0, min(self.stall_s, self.stall_s * (1 + FREE_PART) - account.spent_s))

    def _settle(self, consumer: Link) -> None:
        """A stall is over."""
        now = self._clock()
        account = self._accounts[consumer]
        account.spent_s += max(0.0, now - account.at_s - self.stall_s * FREE_PART)
        account.at_s = now

    def _stall(self, producer: Link, consumer: Link) -> None:
        self._producers[consumer].add(producer)
        self._consumers.setdefault(producer, set()).add(consumer)
        if producer not in self._stalled_since:
            self._stalled_since[producer] = self._clock()
            producer.pause_reading()
            self._changed(producer)

    def _release(self, producer: Link) -> None:
        del self._consumers[producer]
        self._past_stall_s += self._clock() - self._stalled_since.pop(producer)
        producer.resume_reading()


def water_marks(queue_bytes: int) -> tuple[int, int]:
    """The high and the low mark for a bound of the queue: well below it, so that a stall comes before a cut."""
    high = min(HIGH_WATER_BYTES, queue_bytes // 4)
    return high, high // _LOW_PART
