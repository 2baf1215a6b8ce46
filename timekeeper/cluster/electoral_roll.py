"""SHELL: who counts for a majority of clocks, kept in a file, so that it outlives the timekeeper."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec

from timekeeper.cluster.electorate import Electorate, Known, Members
from timekeeper.data_file import DataFile
from timekeeper.solution import Electors


class ElectoralRoll:
    """Knows who counts.

    Args:
        path: Of the file.
        failed: Called with the path and the reason when it cannot be used, once for each reason.
    """

    def __init__(self, path: Path, failed: Callable[[Path, str], None]) -> None:
        self._file = DataFile(path, failed)
        self._kept = self._file.read(msgspec.json.Decoder(Known).decode) or Known()
        self._electorate = Electorate(self._kept)
        self.electors = Electors.of(())
        """Who counted when it was last settled."""

    @property
    def away(self) -> tuple[str, ...]:
        """Who counts and was measurable once, and cannot be reached now."""
        return self._electorate.away(self.electors)

    def settle(
        self, members: Members, seen: Collection[str], told: Iterable[tuple[str, str]], now_s: float
    ) -> Electors:
        """Find out who counts now; the arguments are those of `Electorate.settle`."""
        self.electors = self._electorate.settle(members, seen, told, now_s)
        return self.electors

    async def keep(self) -> None:
        """Write down what is not in the file yet; what could not be written is tried again with the next call."""
        known = self._electorate.known
        if known != self._kept and await self._file.write(msgspec.json.encode(known)):
            self._kept = known
