"""SHELL: reads what may hang, such as a disk, in a thread beside the loop, one reading at a time; it does not know what."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from communicator.errors import BellwetherError

R = TypeVar("R")


class StillReadingError(BellwetherError, TimeoutError):
    """The reading before has not come to an end."""


class Reader(Generic[R]):
    """Reads one thing whenever it is asked to.

    A reading that nobody waits for any more goes on, since a thread cannot be ended; until it is over there is no other one.
    So a disk that hangs costs one thread, which does not keep the process from ending either.

    Args:
        what: What is read, for errors and the name of the thread.
        read: Reads it.
    """

    def __init__(self, what: str, read: Callable[[], R]) -> None:
        self._what = what
        self._read = read
        self._is_busy = False

    async def read(self) -> R:
        """What is there now.

        Raises:
            StillReadingError: The last reading hangs.
            Exception: What the reading itself raised.
        """
        if self._is_busy:
            raise StillReadingError(f"an earlier reading of {self._what} still hangs")
        self._is_busy = True
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[R] = loop.create_future()
        work = threading.Thread(target=self._work, args=(loop, outcome), name=self._what, daemon=True)
        work.start()
        return await outcome

    def _work(self, loop: asyncio.AbstractEventLoop, outcome: asyncio.Future[R]) -> None:
        settle: Callable[[], None]
        try:
            settle = partial(outcome.set_result, self._read())
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
            settle = partial(outcome.set_exception, error)

        def end() -> None:
            self._is_busy = False
            if not outcome.done():  # else nobody waits any more
                settle()

        with suppress(RuntimeError):  # the loop is closed: the exporter has ended without this one
            loop.call_soon_threadsafe(end)
