"""Gives links whose work was put off their next turn of the loop, so that nobody's work keeps the others waiting.

It knows why a link waits, not what for. A link that waits is not read from: what it says meanwhile stays in its own socket.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from communicator.daemon.link import Link

SLICE_S = 0.005
"""How long work that was put off goes on in one turn of the loop: so long at most it delays who has just come with something."""


class Turns:
    """Links that wait, in order.

    Args:
        stalled: Whether a link's consumers are behind; it then waits until `released`.
        go_on: Called with a link that may go on.
        measure: Called with a link that waits for a measurement, one in a turn, since measuring visits every link.
        clock: Seconds that never step.
    """

    def __init__(
        self,
        stalled: Callable[[Link], bool],
        go_on: Callable[[Link], None],
        measure: Callable[[Link], None],
        clock: Callable[[], float],
    ) -> None:
        self._stalled = stalled
        self._go_on = go_on
        self._measure = measure
        self._clock = clock
        self._ready: deque[Link] = deque()
        self._held_up: set[Link] = set()
        """Those whose turn came while they were stalled."""
        self._unmeasured: deque[Link] = deque()
        self._coming: asyncio.Handle | None = None

    def put_off(self, link: Link) -> None:
        """Let a link go on in a later turn, once it is not stalled."""
        link.pause_reading()
        self._ready.append(link)
        self._plan()

    def put_off_measuring(self, link: Link) -> None:
        """Measure for a link in a later turn."""
        link.pause_reading()
        self._unmeasured.append(link)
        self._plan()

    def released(self, link: Link) -> None:
        """A link is no longer stalled."""
        if link in self._held_up:
            self._held_up.discard(link)
            self._ready.append(link)
            self._plan()

    def forget(self, link: Link) -> None:
        """A link is gone; where it stands in a queue it is passed over."""
        self._held_up.discard(link)

    def _plan(self) -> None:
        if self._coming is None:
            self._coming = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._coming = None
        ends_s = self._clock() + SLICE_S
        if self._unmeasured:
            link = self._unmeasured.popleft()
            self._measure(link)
            link.resume_reading()
        for _ in range(len(self._ready)):
            self._next()
            if self._clock() >= ends_s:
                break
        if self._unmeasured or self._ready:
            self._plan()

    def _next(self) -> None:
        link = self._ready.popleft()
        if self._stalled(link):
            self._held_up.add(link)
            return
        self._go_on(link)
        link.resume_reading()
