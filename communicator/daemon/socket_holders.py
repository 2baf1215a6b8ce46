"""Which process has a socket open: as the kernel does not tell, the open files of all are looked through, for some of the time."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from communicator.daemon.control_groups import PROCESSES

SHARE = 0.05
"""Of the router's time that goes into looking, whoever connects how often."""
BURST_S = 0.1
"""What may be spent at once: one look takes some milliseconds for a thousand open files."""
KEPT_S = 1.0
"""How long what was seen is good for another socket that was there then: many links are asked for at once."""


class SocketHolders:
    """Asked of sockets whose control group does not tell whose they are.

    Args:
        processes: Where the kernel tells of processes.
        clock: Tells seconds, from any begin.
    """

    def __init__(self, processes: Path = PROCESSES, clock: Callable[[], float] = time.monotonic) -> None:
        self._processes = processes
        self._clock = clock
        self._seen: dict[str, set[int]] = {}
        self._looked_s = self._asked_s = clock()
        self._spent_s = 0.0

    def find(self, inode: int) -> int | None:
        """The only process that is seen to have a socket open.

        Args:
            inode: The number of the socket.

        Returns:
            The process; None where none is seen, several are, of which any may have said what comes over it, or there
            was too much looking.
        """
        now, name = self._clock(), f"socket:[{inode}]"
        self._spent_s = max(0.0, self._spent_s - (now - self._asked_s) * SHARE)
        self._asked_s = now
        is_known = now - self._looked_s < KEPT_S and name in self._seen
        if not is_known and self._spent_s < BURST_S:
            self._look(now)
        elif not is_known:
            return None
        holders = self._seen.get(name, set())
        return next(iter(holders)) if len(holders) == 1 else None

    def _look(self, now: float) -> None:
        self._seen, self._looked_s = {}, now
        for pid, file in self._files():
            if file.startswith("socket:"):
                self._seen.setdefault(file, set()).add(pid)
        self._spent_s += self._clock() - now

    def _files(self) -> Iterator[tuple[int, str]]:
        """Each process that may be looked at, with each file that it has open."""
        for pid in filter(str.isdecimal, _names_in(str(self._processes))):
            files = f"{self._processes}/{pid}/fd"
            with suppress(OSError):  # it has ended, or belongs to another user
                for number in _names_in(files):
                    with suppress(OSError):
                        yield int(pid), os.readlink(f"{files}/{number}")  # noqa: PTH115 - a Path takes twice as long


def _names_in(directory: str) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]
