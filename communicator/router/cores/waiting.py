"""Lines that wait for something, each until its time: bounded, shared out among their senders; it sends nothing."""

import heapq
from collections.abc import Hashable
from itertools import count
from typing import Generic, TypeVar

import msgspec

from communicator.router.cores.deadlines import Deadline
from communicator.router.cores.shares import Shares

DEAD_PLANS = 64
"""Times of lines that wait no longer, which may lie about before they are swept out."""


class Waiter(msgspec.Struct):
    """One line."""

    line: bytes
    """With its newline."""
    sender: str
    """Who answers for it, see `Shares`."""


Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item", bound=Waiter)


class Waiting(Generic[Key, Item]):
    """What waits, by key, and when its time comes.

    Args:
        messages_max: How many lines may wait.
        bytes_max: How many bytes they may take.
        due: When the next one has its time.
    """

    def __init__(self, messages_max: int, bytes_max: int, due: Deadline) -> None:
        self.messages = Shares(messages_max)
        self.bytes = Shares(bytes_max)
        self.due = due
        self._items: dict[Key, Item] = {}
        self._plans: list[tuple[float, int, Key]] = []
        self._order = count()

    def __len__(self) -> int:
        """How many lines wait."""
        return len(self._items)

    def resize(self, messages_max: int, bytes_max: int) -> None:
        """Other bounds hold from now on; what waits stays."""
        self.messages.maximum, self.bytes.maximum = messages_max, bytes_max

    def add(self, key: Key, item: Item, at_s: float) -> bool:
        """Let a line wait until then; False when there is no room, for its sender."""
        sender, size = item.sender, len(item.line)
        if not (self.messages.has_room(sender, 1) and self.bytes.has_room(sender, size)):
            return False
        self.messages.take(sender, 1)
        self.bytes.take(sender, size)
        self._items[key] = item
        self.plan(key, at_s)
        return True

    def find(self, key: Key) -> Item | None:
        """What waits under this key."""
        return self._items.get(key)

    def take(self, key: Key) -> Item:
        """It waits no longer.

        Raises:
            KeyError: Nothing waits under this key.
        """
        item = self._items.pop(key)
        self.messages.give_back(item.sender, 1)
        self.bytes.give_back(item.sender, len(item.line))
        if len(self._plans) > 2 * len(self._items) + DEAD_PLANS:
            self._plans = [plan for plan in self._plans if plan[2] in self._items]
            heapq.heapify(self._plans)
        self._announce()
        return item

    def plan(self, key: Key, at_s: float) -> None:
        """Its time comes then; whatever was planned before, and has not come, is to come, too."""
        heapq.heappush(self._plans, (at_s, next(self._order), key))
        self._announce()

    def take_due(self, now_s: float) -> list[tuple[Key, Item]]:
        """Those whose time has come, in its order: each is to be planned anew, or taken out."""
        due = []
        while self._plans and self._plans[0][0] <= now_s:
            key = heapq.heappop(self._plans)[2]
            if key in self._items:
                due.append((key, self._items[key]))
        self._announce()
        return due

    def _announce(self) -> None:
        while self._plans and self._plans[0][2] not in self._items:
            heapq.heappop(self._plans)
        self.due.set(self._plans[0][0] if self._plans else None)
