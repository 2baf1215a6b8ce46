"""Copies on their way over one link: each is answered once, when it has left or will not; what they are is not its business."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

FIRST_LOOK_S = 0.001
"""No transport says when it has written something. Most is gone in the next turn of the loop, else we look after so long,"""
LONGEST_LOOK_S = 0.05
"""and then each time after twice as long as before, up to this."""


class Written(Protocol):
    """The link."""

    sent_bytes: int

    @property
    def left_bytes(self) -> int:
        """How much of what was written has left."""

    def send_copy(self, data: bytes) -> bool:
        """Write if little waits."""


class Offers:
    """What was offered over a link and is not answered.

    Args:
        link: Where to.
    """

    __slots__ = ("_coming", "_link", "_wait_s", "_waiting")

    def __init__(self, link: Written) -> None:
        self._link = link
        self._waiting: deque[tuple[int, Callable[[], None], Callable[[], None]]] = deque()
        """How much has to have left, what is called then, and what if it never does."""
        self._coming: asyncio.Handle | None = None
        self._wait_s = 0.0

    def put(self, data: bytes, taken: Callable[[], None], refused: Callable[[], None]) -> None:
        """Offer data.

        Args:
            data: What is to be written.
            taken: Called once it has left,
            refused: or at once when it is not written, or when it cannot leave any more.
        """
        is_written = False
        try:
            is_written = self._link.send_copy(data)
        finally:  # also where that fails: each offer is answered
            if not is_written:
                refused()
        if not is_written:
            return
        self._waiting.append((self._link.sent_bytes, taken, refused))
        if self._coming is None:
            self._wait_s = FIRST_LOOK_S
            self._coming = asyncio.get_running_loop().call_soon(self._look)

    def end(self) -> None:
        """The link is gone."""
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None
        while self._waiting:
            _, _, refused = self._waiting.popleft()
            refused()

    def _look(self) -> None:
        left = self._link.left_bytes
        self._coming = None
        if self._waiting and self._waiting[0][0] <= left:
            self._wait_s = FIRST_LOOK_S
        while self._waiting and self._waiting[0][0] <= left:
            _, taken, _ = self._waiting.popleft()
            taken()
        if self._waiting and self._coming is None:
            self._coming = asyncio.get_running_loop().call_later(self._wait_s, self._look)
            self._wait_s = min(LONGEST_LOOK_S, 2 * self._wait_s)
