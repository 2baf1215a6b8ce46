"""What the shell asks of the kernel for this process: descriptors, memory, load."""

import asyncio
import os
import resource
from collections.abc import Callable
from pathlib import Path

_STATM = Path("/proc/self/statm")
_SAMPLE_S = 1.0
_KEPT_BYTES = 4 * 1024 * 1024  # eight reads of a link


def raise_descriptor_limit() -> int:
    """Allow this process as many descriptors as it may have; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def keep_freed_memory() -> None:
    """Have the allocator keep what reads free, instead of giving it to the kernel and faulting it in at the next read.

    The GNU C library takes a large block from the kernel and returns it when it is freed; having seen one freed, it keeps blocks
    up to that size from then on, see M_MMAP_THRESHOLD in mallopt(3). Without this a read of 256 KiB costs four system calls more.
    """
    block = bytearray(_KEPT_BYTES)
    del block


def resident_bytes() -> int:
    """The memory of this process that is in RAM now."""
    return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()


class LoadSampler:
    """Tells the load average every second while it is on.

    Args:
        told: Called with the average over one minute for each processor, as the ancestor has it.
    """

    def __init__(self, told: Callable[[float], None]) -> None:
        self._told = told
        self._timer: asyncio.TimerHandle | None = None

    def switch(self, *, enabled: bool) -> None:
        """Start or stop; the first sample comes after a second."""
        if enabled and self._timer is None:
            self._arm()
        elif not enabled and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_SAMPLE_S, self._sample)

    def _sample(self) -> None:
        self._arm()
        self._told(os.getloadavg()[0] / (os.cpu_count() or 1))
