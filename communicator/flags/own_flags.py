"""SHELL: the flags of one daemon, raised and taken down in a thread of their own; a disk that hangs holds nobody up.

A directory that is missing or not writable is told once, and again only after it was good in between. What could not be done is
tried again every minute, so that the flags are right soon after somebody has mended it. No flag of another unit is ever touched.
The room of one flag is reserved, for a disk that is full.
"""

import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from communicator.errors import FlagError, FlagsPathError
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName, Source
from communicator.flags.flag_directory import FlagDirectory
from communicator.version import __version__
from communicator.wishes import Wishes

FLUSH_S = 2.0
"""How long the end of a daemon waits for a disk."""

Failed = Callable[[str, str], None]
"""Told the directory and the reason."""


class OwnFlags(Wishes[FlagName, Flag | None, bool]):
    """What one daemon has to say to operators.

    Args:
        path: The directory of flags.
        unit: The unit whose flags these are.
        failed: Called in the loop when no flag can be raised or taken down there, once.
    """

    def __init__(self, path: Path, unit: str, failed: Failed) -> None:
        super().__init__("flags")
        self.failures = 0
        """How often raising a flag, or taking one down, has failed."""
        self._directory = FlagDirectory(path)
        self._unit = unit
        self._failed = failed
        self._hostname = socket.gethostname()
        self._is_told = False

    def check(self) -> None:
        """Tell now, not in an emergency, that flags will not work here."""
        fault = self._directory.fault()
        if fault:
            self._tell(fault)

    def raise_(self, name: FlagName, **details: str) -> None:
        """Raise a flag, soon; one that is up is left alone but for its count, and that once a minute.

        Args:
            name: Which; it is declared.
            details: What stands in its message for the words in braces.
        """
        source = _caller()
        flag = declarations()[name].make(details, source=source, version=__version__, hostname=self._hostname)
        self._wish_for(name, flag)

    def lower(self, name: FlagName) -> None:
        """Take a flag down, soon, whoever has raised it, unless only a person may."""
        self._wish_for(name, None)

    async def close(self) -> None:
        """Do what waits, as far as the disk does it in time."""
        await self._flush(FLUSH_S)

    def _wish_for(self, name: FlagName, flag: Flag | None) -> None:
        if name.unit != self._unit:
            raise FlagError(f"{name} is no flag of {self._unit!r}")
        self._wish(name, flag)

    def _do(self, key: FlagName, value: Flag | None) -> bool:
        """Raise a flag or, without one, take it down; returns whether anything had to be changed."""
        try:
            if value is None:
                return self._directory.lower(key)
            return self._directory.raise_(value, int(time.time())) is not None
        finally:
            self._directory.reserve(self._unit)

    def _done(self, key: FlagName, value: Flag | None, outcome: Future[bool]) -> None:
        error = outcome.exception()
        if error is not None:
            self.failures += 1
            self._tell(error.reason if isinstance(error, FlagsPathError) else str(error))
            self._try_later(key, value)
        elif outcome.result():
            self._is_told = False

    def _tell(self, reason: str) -> None:
        if not self._is_told:
            self._is_told = True
            self._failed(str(self._directory.path), reason)


def _caller() -> Source:
    """Where in the source the daemon asks for a flag."""
    frame = sys._getframe(2)  # noqa: SLF001 - the documented way to it without reading source files
    module = str(frame.f_globals.get("__name__", ""))
    return Source(frame.f_code.co_qualname, f"{module.replace('.', '/')}.py", frame.f_lineno)
