"""SHELL: asks the router what there is, and gives all of it or nothing; what Prometheus makes of it it does not know."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from communicator.answers.services import Instance
from communicator.client.instances import gather_instances, total
from communicator.client.status import read_cluster_status
from communicator.errors import BellwetherError
from communicator.protocol import Message
from exporters.discovery.instances import Own, Place, places
from exporters.discovery.memory import Memory

Ask = Callable[[Message, str], Awaitable[Message]]
"""Sends a question to the router of this host, and gives the reply of that name; raises a `BellwetherError`."""

FRESH_S = 1.0
"""So long an answer of the router serves all who ask."""
_ATTEMPTS = 3
"""The list may change between its pages; so often it is read anew."""


class IncompleteError(BellwetherError):
    """Not everything is known that there is to scrape; whoever asked should go on with what it knew."""


class Finder:
    """Finds what there is to scrape.

    Args:
        ask: How the router is asked.
        own: Who we are; its server is empty while there is no link.
        memory: What is told though it is gone.
        now_s: The time, in seconds, of a clock that nobody sets.
    """

    def __init__(
        self, ask: Ask, own: Callable[[], Own], memory: Memory, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._own = own
        self._memory = memory
        self._now_s = now_s
        self._lock = asyncio.Lock()
        self._found: list[Place] = []
        self._fault = ""
        self._asked_s: float | None = None

    async def find(self) -> list[Place]:
        """All instances, those that went lately too, in order.

        Raises:
            IncompleteError: They cannot all be told; says why.
        """
        async with self._lock:
            if self._asked_s is None or self._now_s() - self._asked_s >= FRESH_S:
                await self._look()
                self._asked_s = self._now_s()
            if self._fault:
                raise IncompleteError(self._fault)
            return self._found

    async def _look(self) -> None:
        """Ask anew; that nothing is known serves all who ask, too."""
        try:
            await self._check_cluster()
            found = places(await self._instances(), self._own())
        except BellwetherError as error:
            self._fault = str(error)
        else:
            self._fault = ""
            self._found = self._memory.update(found, self._now_s())

    async def _check_cluster(self) -> None:
        """A part of the cluster without a quorum cannot tell who is gone from who is out of its reach."""
        status = read_cluster_status(await self._ask(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS"), None)
        if not status.status:
            raise IncompleteError("the router does not tell how things stand with the cluster")
        if not status.is_up:
            raise IncompleteError(
                f"there is no quorum: {status.live_count} of {status.neighbors_count} servers are reached"
            )

    async def _instances(self) -> list[Instance]:
        for _ in range(_ATTEMPTS):
            totals: set[int] = set()

            async def page(question: Message, totals: set[int] = totals) -> Message:
                answer = await self._ask(question, "SERVICES")
                totals.add(total(answer))
                return answer

            instances = await gather_instances(page)
            if totals == {len(instances)}:
                return instances
        raise IncompleteError("the router's list of services changes faster than it can be read")
