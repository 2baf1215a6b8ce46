"""SHELL: one file of the timekeeper's data, which outlives it; it does not know what is in it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from communicator.runtime.kept_file import read_file, reason_of, write_file

Content = TypeVar("Content")


class DataFile:
    """The file.

    Args:
        path: Where it is; its directory is made when it is not there.
        failed: Called with the path and the reason when the file cannot be used, once for each reason.
    """

    def __init__(self, path: Path, failed: Callable[[Path, str], None]) -> None:
        self._path = path
        self._failed = failed
        self._told = ""

    def read(self, decode: Callable[[bytes], Content]) -> Content | None:
        """What was kept; None where there is no such file, or a damaged one, which is told.

        Args:
            decode: Reads the content; raises ValueError when it is none.
        """
        try:
            content = read_file(self._path)
            return decode(content.encode()) if content else None
        except (OSError, ValueError) as error:
            self._tell(reason_of(error))
            return None

    async def write(self, content: bytes) -> bool:
        """Keep it, in a thread: a disk that hangs holds nobody up but the caller.

        Returns:
            Whether it is kept.
        """
        try:
            await asyncio.to_thread(write_file, self._path, content.decode())
        except OSError as error:
            self._tell(reason_of(error))
            return False
        self._told = ""
        return True

    def _tell(self, reason: str) -> None:
        if reason != self._told:
            self._told = reason
            self._failed(self._path, reason)
