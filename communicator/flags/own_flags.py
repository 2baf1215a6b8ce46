"""SHELL: the flags of one daemon, raised and taken down in a thread of their own; a disk that hangs holds nobody up.

A directory that is missing or not writable is told once, and again only after it was good in between. What could not be done is
tried again every minute, so that the flags are right soon after somebody has mended it. No flag of another unit is ever touched.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from communicator.errors import FlagError, FlagsPathError
from communicator.flags.catalogue import Declaration
from communicator.flags.flag import Flag, FlagName, Source
from communicator.flags.flag_directory import FlagDirectory
from communicator.version import __version__

RETRY_S = 60.0
FLUSH_S = 2.0
"""How long the end of a daemon waits for a disk."""

Failed = Callable[[str, str], None]
"""Told the directory and the reason."""


class OwnFlags:
    """What one daemon has to say to operators.

    Args:
        path: The directory of flags.
        unit: The unit whose flags these are.
        failed: Called in the loop when no flag can be raised or taken down there, once.
    """

    def __init__(self, path: Path, unit: str, failed: Failed) -> None:
        self.failures = 0
        """How often raising a flag, or taking one down, has failed."""
        self._directory = FlagDirectory(path)
        self._unit = unit
        self._failed = failed
        self._hostname = socket.gethostname()
        self._is_told = False
        self._waiting: dict[FlagName, Flag | None] = {}
        """Of each flag the newest wish that was not done yet: to be raised, or None, to be down."""
        self._undone: dict[FlagName, Flag | None] = {}
        """Wishes that have failed."""
        self._retry: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flags")
        self._idle = asyncio.Event()
        self._idle.set()

    def check(self) -> None:
        """Tell now, not in an emergency, that flags will not work here."""
        fault = self._directory.fault()
        if fault:
            self._tell(fault)

    def raise_(self, declared: Declaration, **details: str) -> None:
        """Raise a flag, soon; one that is up is left alone but for its count, and that once a minute.

        Args:
            declared: Which.
            details: What stands in its message for the words in braces.
        """
        source = _caller()
        flag = declared.make(details, source=source, version=__version__, hostname=self._hostname)
        self._wish(declared, flag)

    def lower(self, declared: Declaration) -> None:
        """Take a flag down, soon, whoever has raised it, unless only a person may."""
        self._wish(declared, None)

    async def close(self) -> None:
        """Do what waits, as far as the disk does it in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._idle.wait()
        if self._retry is not None:
            self._retry.cancel()
        self._waiting.clear()
        self._thread.shutdown(wait=False)

    def _wish(self, declared: Declaration, flag: Flag | None) -> None:
        if declared.name.unit != self._unit:
            raise FlagError(f"{declared.name} is no flag of {self._unit!r}")
        self._undone.pop(declared.name, None)
        self._waiting[declared.name] = flag
        if self._idle.is_set():
            self._idle.clear()
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._idle.set()
            return
        name = next(iter(self._waiting))
        flag = self._waiting.pop(name)
        loop = asyncio.get_running_loop()

        def done(job: Future[bool]) -> None:
            with suppress(RuntimeError):  # the loop is closed: the daemon has ended without this one
                loop.call_soon_threadsafe(self._done, name, flag, job)

        self._thread.submit(self._do, name, flag).add_done_callback(done)

    def _do(self, name: FlagName, flag: Flag | None) -> bool:
        """Do it now; whether anything has changed on the disk, so that it is seen to work."""
        if flag is None:
            return self._directory.lower(name)
        return self._directory.raise_(flag, int(time.time())) is not None

    def _done(self, name: FlagName, flag: Flag | None, job: Future[bool]) -> None:
        error = job.exception()
        if error is not None:
            self.failures += 1
            self._tell(error.reason if isinstance(error, FlagsPathError) else str(error))
            if name not in self._waiting:
                self._undone[name] = flag
                self._plan_retry()
        elif job.result():
            self._is_told = False
        self._next()

    def _tell(self, reason: str) -> None:
        if not self._is_told:
            self._is_told = True
            self._failed(str(self._directory.path), reason)

    def _plan_retry(self) -> None:
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        for name, flag in self._undone.items():
            self._waiting.setdefault(name, flag)
        self._undone.clear()
        if self._waiting and self._idle.is_set():
            self._idle.clear()
            self._next()


def _caller() -> Source:
    """Where in the source the daemon asks for a flag."""
    frame = sys._getframe(2)  # noqa: SLF001 - the documented way to it without reading source files
    module = str(frame.f_globals.get("__name__", ""))
    return Source(frame.f_code.co_qualname, f"{module.replace('.', '/')}.py", frame.f_lineno)
