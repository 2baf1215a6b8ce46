"""Keeps what the router asks to keep, whole or not at all, in one thread of its own; it does not know what the files say."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from communicator.router.effects import Keep, KeptPath
from communicator.runtime.kept_file import prepare_directory, reason_of, write_file

FLUSH_S = 5.0
"""How long the end of the router waits for a disk."""
RETRY_S = 60.0
"""What could not be written is tried again: the disk may have been full, and the router asks only for what has changed."""

Failed = Callable[[Path, str], None]


class KeptFiles:
    """Files below one directory.

    Args:
        directory: Where they are; made when the first is written and it is not there.
        failed: Called in the loop with a file that could not be written, and why; of one content once for each reason.
        succeeded: Called in the loop with a file that was.
    """

    def __init__(self, directory: Path, failed: Failed, succeeded: Callable[[Path], None] = lambda _: None) -> None:
        self._directory = directory
        self._failed = failed
        self._succeeded = succeeded
        self._waiting: dict[KeptPath, str] = {}
        self._lost: dict[KeptPath, tuple[str, str]] = {}
        """What could not be written, and why."""
        self._retry: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kept-files")
        self._idle = asyncio.Event()
        self._idle.set()

    def keep(self, effect: Keep) -> None:
        """Write a file after those that wait already; of several contents of one file the newest wins."""
        self._lost.pop(effect.file, None)
        self._waiting[effect.file] = effect.content
        self._begin()

    async def close(self) -> None:
        """Write what waits, as far as the disk does it in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._idle.wait()
        if self._retry is not None:
            self._retry.cancel()
        for file in self._waiting:
            self._failed(self._directory / file, f"not written within {FLUSH_S:g} s")
        self._waiting.clear()
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        if self._idle.is_set():
            self._idle.clear()
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._idle.set()
            return
        file = next(iter(self._waiting))
        content = self._waiting.pop(file)
        loop = asyncio.get_running_loop()

        def written(job: Future[None]) -> None:
            with suppress(RuntimeError):  # the loop is closed: the router has ended without this one
                loop.call_soon_threadsafe(self._written, file, content, job)

        self._thread.submit(self._write, self._directory / file, content).add_done_callback(written)

    def _write(self, path: Path, content: str) -> None:
        prepare_directory(self._directory)
        write_file(path, content)

    def _written(self, file: KeptPath, content: str, job: Future[None]) -> None:
        error = job.exception()
        if error is None:
            self._lost.pop(file, None)
            self._succeeded(self._directory / file)
        else:
            self._lose(file, content, reason_of(error))
        self._next()

    def _lose(self, file: KeptPath, content: str, reason: str) -> None:
        if self._lost.get(file) != (content, reason):
            self._lost[file] = (content, reason)
            self._failed(self._directory / file, reason)
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        for file, (content, _) in self._lost.items():
            self._waiting.setdefault(file, content)
        self._begin()
