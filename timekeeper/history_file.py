"""SHELL: keeps the history of the last day in one file, so that it outlives the timekeeper; it does not know what is in it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from communicator.runtime.kept_file import read_file, reason_of, write_file
from timekeeper.history import History, decode_history, encode_history

NAME = "timekeeper.json"


class HistoryFile:
    """The file.

    Args:
        directory: Where it is; made when it is not there.
        failed: Called with the path and the reason when the file cannot be used, once for each reason.
    """

    def __init__(self, directory: Path, failed: Callable[[Path, str], None]) -> None:
        self._path = directory / NAME
        self._failed = failed
        self._told = ""

    def read(self) -> History:
        """What was kept; nothing where there is no such file, or a damaged one, which is told."""
        try:
            content = read_file(self._path)
            return decode_history(content.encode()) if content else History()
        except (OSError, ValueError) as error:
            self._tell(reason_of(error))
            return History()

    async def write(self, history: History) -> None:
        """Keep it, in a thread: a disk that hangs holds nobody up."""
        content = encode_history(history).decode()
        try:
            await asyncio.to_thread(write_file, self._path, content)
        except OSError as error:
            self._tell(reason_of(error))
        else:
            self._told = ""

    def _tell(self, reason: str) -> None:
        if reason != self._told:
            self._told = reason
            self._failed(self._path, reason)
