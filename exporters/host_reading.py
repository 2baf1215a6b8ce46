"""SHELL: looks at this host and at processes through psutil; which processes those are is told to it."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import psutil

from exporters.collectors.host import Disk, HostReport, Process

T = TypeVar("T")


def read_host(paths: Iterable[str], named: Mapping[str, psutil.Process | None]) -> HostReport:
    """This host now; what may not be looked at is left out.

    Args:
        paths: Directories whose disks matter; those that are not there are left out.
        named: The processes that matter, by name; None: there is none.
    """
    memory, swap = _told(psutil.virtual_memory), _told(psutil.swap_memory)
    disks = {path: _told(partial(_disk, path)) for path in dict.fromkeys(paths)}
    return HostReport(
        loads=_told(psutil.getloadavg),
        cpus=psutil.cpu_count(),
        memory_total_bytes=memory and memory.total,
        memory_available_bytes=memory and memory.available,
        swap_total_bytes=swap and swap.total,
        swap_free_bytes=swap and swap.free,
        boot_time_seconds=_told(psutil.boot_time),
        disks={path: disk for path, disk in disks.items() if disk is not None},
        processes={name: None if process is None else _process(process) for name, process in named.items()},
    )


def _disk(path: str) -> Disk:
    found = os.statvfs(path)
    return Disk(
        size_bytes=found.f_blocks * found.f_frsize,
        free_bytes=found.f_bavail * found.f_frsize,
        inodes=found.f_files,
        inodes_free=found.f_favail,
    )


def _process(process: psutil.Process) -> Process | None:
    try:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return None
        with process.oneshot():
            times = process.cpu_times()
            return Process(
                start_time_seconds=process.create_time(),
                cpu_seconds=times.user + times.system,
                resident_bytes=process.memory_info().rss,
                open_fds=_told(process.num_fds),
                threads=process.num_threads(),
            )
    except psutil.NoSuchProcess:
        return None
    except (psutil.Error, OSError):
        return Process()


def _told(ask: Callable[[], T]) -> T | None:
    """What the system tells; None where it does not, as for processes of other users, or where /proc is a part only."""
    try:
        return ask()
    except (psutil.Error, OSError, RuntimeError, ValueError):
        return None
