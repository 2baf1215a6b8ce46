"""SHELL: watches plain processes, which no supervisor we know of has, and tells when one is gone; how it ended it cannot know.

Only the parent of a process may read its exit status. A pidfd tells the end at once, and stands for this one process however
often its pid is used again. Where the kernel gives none (too many open files, or a container forbids it), the process is looked
for every second, by its pid and when it was created.
"""

import asyncio
import os
import select
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord
from canary.watch.systemd import Tell

POLL_S = 1.0
"""How late the end of a process may be seen that has no pidfd."""
PROCESSES = 10_000
"""So many are watched: as many links as a router has by default."""
MESSAGE = "its process is gone; how it ended is not known"


@dataclass(frozen=True, slots=True)
class _Process:
    """One process, and not the next with its pid."""

    service: str
    pid: int
    fd: int | None
    """Its pidfd, or None,"""
    seen: psutil.Process | None
    """and then this, which knows when it was created; None as well where /proc does not show that to us."""


class ProcessWatch:
    """Watches processes until they are gone or forgotten.

    Args:
        tell: Called with a word of kind GONE, in the loop.
        clock: The ledger's own seconds.
        open_pidfd: How a pidfd is had; raises OSError where there is none.
    """

    def __init__(
        self, tell: Tell, clock: Callable[[], float], open_pidfd: Callable[[int], int] = os.pidfd_open
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._open_pidfd = open_pidfd
        self._processes: dict[tuple[str, int], _Process] = {}
        """By service and pid: one process may be several services."""

    async def run(self) -> None:
        """Look for the processes without a pidfd, until cancelled; then forget all."""
        try:
            while True:
                await asyncio.sleep(POLL_S)
                self.look()
        finally:
            for process in list(self._processes.values()):
                self._close(process)

    def watch(self, service: str, pid: int) -> None:
        """A process has registered; if it is gone already, that is told at once."""
        known = self._processes.get((service, pid))
        if known is not None and not _is_there(known):
            self._end(known)  # the one that had this pid before
        if (service, pid) in self._processes or len(self._processes) >= PROCESSES:
            return
        try:
            process = self._open(service, pid)
        except ProcessLookupError:
            self._say(service, pid)
            return
        self._processes[service, pid] = process
        if process.fd is not None:
            asyncio.get_running_loop().add_reader(process.fd, self._end, process)

    def forget(self, pid: int) -> None:
        """Nothing more is said of a process."""
        for process in [one for one in self._processes.values() if one.pid == pid]:
            self._close(process)

    def look(self) -> None:
        """Tell of each process without a pidfd that is gone by now."""
        for process in list(self._processes.values()):
            if process.fd is None and not _is_there(process):
                self._end(process)

    def _open(self, service: str, pid: int) -> _Process:
        try:
            return _Process(service, pid, self._open_pidfd(pid), None)
        except ProcessLookupError:
            raise
        except OSError:
            return _Process(service, pid, None, _seen(pid))

    def _close(self, process: _Process) -> None:
        del self._processes[process.service, process.pid]
        if process.fd is not None:
            asyncio.get_running_loop().remove_reader(process.fd)
            os.close(process.fd)

    def _end(self, process: _Process) -> None:
        self._close(process)
        self._say(process.service, process.pid)

    def _say(self, service: str, pid: int) -> None:
        self._tell(
            ReportWord(service=service, kind=Kind.GONE, at_s=self._clock(), source="watcher", pid=pid, message=MESSAGE)
        )


def _seen(pid: int) -> psutil.Process | None:
    """What psutil sees of a process.

    Raises:
        ProcessLookupError: There is none.
    """
    if not _exists(pid):
        raise ProcessLookupError(pid)
    try:
        return psutil.Process(pid)
    except (psutil.Error, OSError):
        return None


def _exists(pid: int) -> bool:
    """As the kernel says it: psutil looks into /proc for this, which may be hidden from us, and needs a file for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_there(process: _Process) -> bool:
    if process.fd is not None:
        poll = select.poll()
        poll.register(process.fd, select.POLLIN)
        return not poll.poll(0)
    if process.seen is None or not _exists(process.pid):
        return _exists(process.pid)
    try:
        return process.seen.is_running() and process.seen.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except OSError:  # no file is left to look into /proc with
        return True
