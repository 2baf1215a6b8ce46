"""SHELL: brings what the files of this host say of feature flags into the book, when they change; how is told elsewhere."""

import asyncio
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from canary.feature.commands import Source, define
from canary.feature.directory import read_directory, read_memory, write_memory
from canary.feature.files import Change, Found, Written, plan
from canary.given import Stamp
from canary.replica import Replica
from communicator.errors import RemoteProtocolError
from communicator.runtime.kept_file import reason_of

AT_ONCE = 100
"""Flags defined before others have their turn: a few milliseconds."""
PATIENCE_S = 10.0
"""How long a change waits for the book to be what other canaries hold."""
USER = "canary"
"""Who defines what a file says."""


class FileKeeper:
    """The files of one host.

    Args:
        replica: The book.
        directory: Where the files are.
        data: Where it is kept what they said last.
        log: Where it is told what is wrong with them.
    """

    def __init__(self, replica: Replica, directory: Path, data: Path, log: FilteringBoundLogger) -> None:
        self.differing: tuple[str, ...] = ()
        """Flags that the files define in another way than what is in force, in words."""
        self.waits = False
        """Whether something waits for the book to be what others hold."""
        self._replica = replica
        self._directory = directory
        self._data = data
        self._log = log
        self._found = Found()
        self._must_read = True
        self._memory: dict[str, Written] | None = None
        self._read_at_s = 0.0

    def read_again(self, directory: Path) -> None:
        """The files may have changed.

        Args:
            directory: Where they are.
        """
        self._directory, self._must_read = directory, True

    async def follow(self) -> None:
        """Do what follows from the files; again and again while something waits."""
        loop = asyncio.get_running_loop()
        if self._memory is None:
            self._memory = await self._remember()
        if self._must_read:
            self._must_read = False  # first: who says meanwhile that the files have changed is not overheard
            self._found, self._read_at_s = await asyncio.to_thread(read_directory, self._directory), loop.time()
            for fault in self._found.faults:
                self._log.warning("feature_file_refused", reason=fault)
        found, is_patient = self._found, loop.time() - self._read_at_s < PATIENCE_S
        book, is_current = self._replica.book, self._replica.is_current
        planned = await asyncio.to_thread(  # of thousands of flags it takes a while; it only reads
            plan, found, self._memory, book, is_current=is_current, is_patient=is_patient
        )
        refused = await self._make(planned.changes)
        memory = {name: one for name, one in planned.memory.items() if name not in refused}
        self.differing, self.waits = (*planned.differing, *refused.values()), planned.waits
        if memory != self._memory:
            self._memory = memory
            if not await self._replica.keep():  # else the files would be forgotten to have said what the book lost
                await self._write(memory)

    async def _make(self, changes: tuple[Change, ...]) -> dict[str, str]:
        """Make changes; returns the flags that could not be changed, and why."""
        refused: dict[str, str] = {}
        for first in range(0, len(changes), AT_ONCE):
            stamp = self._replica.stamp()
            made = [self._define(change, stamp, refused) for change in changes[first : first + AT_ONCE]]
            await self._replica.spread(list(filter(None, made)))
            await asyncio.sleep(0)
        if changes:
            self._log.info("features_defined", directory=str(self._directory), flags=len(changes) - len(refused))
        return refused

    def _define(self, change: Change, stamp: Stamp, refused: dict[str, str]) -> str:
        replica = self._replica
        source = Source(USER, stamp.server, file=f"{stamp.server}:{change.file}")
        try:
            return define(replica.book, change.feature, change.flag, source, stamp, replica.now_s())
        except RemoteProtocolError as error:
            refused[change.feature] = f"flag {change.feature!r}: {change.file}: {error}"
            self._log.warning("feature_file_refused", reason=refused[change.feature])
            return ""

    async def _remember(self) -> dict[str, Written]:
        try:
            return await asyncio.to_thread(read_memory, self._data)
        except ValueError as error:
            self._log.warning("feature_files_forgotten", path=str(self._data), reason=str(error))
            return {}

    async def _write(self, memory: dict[str, Written]) -> None:
        try:
            await asyncio.to_thread(write_memory, self._data, memory)
        except OSError as error:
            self._log.warning("feature_files_not_remembered", path=str(self._data), reason=reason_of(error))
