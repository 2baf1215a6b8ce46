"""Wishes for a disk, done in one thread of their own, of each kind the newest; what has failed is tried again every minute."""

import asyncio
from abc import ABC, abstractmethod
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from communicator.lone_thread import LoneThread

RETRY_S = 60.0
"""What could not be done is tried again: the disk may have been full, or a directory not there."""

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")


class Wishes(ABC, Generic[K, V, R]):
    """What is wished for, by kind; a disk that hangs holds up nobody but the wishes behind.

    Args:
        name: Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._waiting: dict[K, V] = {}
        """Of each kind the newest wish that was not done yet."""
        self._undone: dict[K, V] = {}
        """Wishes that have failed."""
        self._retry: asyncio.TimerHandle | None = None
        self._thread = LoneThread(name)
        self._idle = asyncio.Event()
        self._idle.set()

    @abstractmethod
    def _do(self, key: K, value: V) -> R:
        """Do it, in the thread."""

    @abstractmethod
    def _done(self, key: K, value: V, outcome: Future[R]) -> None:
        """Called in the loop with what came of it."""

    def _wish(self, key: K, value: V) -> None:
        self._undone.pop(key, None)
        self._waiting[key] = value
        self._begin()

    def _try_later(self, key: K, value: V) -> None:
        if key in self._waiting:
            return
        self._undone[key] = value
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    async def _flush(self, span_s: float) -> list[K]:
        """Do what waits, as far as it can be done in this time, and nothing more; gives what is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(span_s):
                await self._idle.wait()
        if self._retry is not None:
            self._retry.cancel()
        left = list(self._waiting)
        self._waiting.clear()
        self._thread.close()
        return left

    def _begin(self) -> None:
        if self._idle.is_set():
            self._idle.clear()
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._idle.set()
            return
        key = next(iter(self._waiting))
        value = self._waiting.pop(key)
        loop = asyncio.get_running_loop()

        def done(job: Future[R]) -> None:
            with suppress(RuntimeError):  # the loop is closed: the daemon has ended without this one
                loop.call_soon_threadsafe(self._finish, key, value, job)

        self._thread.submit(partial(self._do, key, value)).add_done_callback(done)

    def _finish(self, key: K, value: V, job: Future[R]) -> None:
        self._done(key, value, job)
        self._next()

    def _try_again(self) -> None:
        self._retry = None
        self._waiting = self._undone | self._waiting
        self._undone = {}
        if self._waiting:
            self._begin()
