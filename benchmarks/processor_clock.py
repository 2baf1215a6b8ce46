"""A clock of the processor time of another process that is exact while that process runs.

The clock that `clock_getcpuclockid` gives is not: while the process runs on another processor, the kernel moves it only at its
ticks, every 4 ms where HZ is 250. A latency of 0.2 ms then reads as 0 or as 4 ms. A counter of ``perf`` has no ticks.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.errors import BenchmarkError

_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
"""The number of the system call, for which the C library has no function."""
_SOFTWARE, _TASK_CLOCK, _SIZE = 1, 1, 64
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HV = 1 << 1, 1 << 5, 1 << 6
"""Threads that start later count too. A user who is not root may count no more; the kernel's part counts all the same."""
_ATTRIBUTES = "<IIQQQQQ16x"
"""``struct perf_event_attr`` of perf_event_open(2), in its first size."""


@contextmanager
def processor_clock(pid: int) -> Iterator[Callable[[], float]]:
    """Count the processor time of a process from now on; what is given reads it, in seconds.

    Raises:
        BenchmarkError: The kernel does not let this user count.
    """
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HV
    attributes = struct.pack(_ATTRIBUTES, _SOFTWARE, _SIZE, _TASK_CLOCK, 0, 0, 0, flags)
    number = _PERF_EVENT_OPEN.get(platform.machine())
    if number is None:
        raise BenchmarkError(f"the number of perf_event_open is not known for {platform.machine()}")
    counter = ctypes.CDLL(None, use_errno=True).syscall(number, attributes, pid, -1, -1, 0)
    if counter < 0:
        reason = os.strerror(ctypes.get_errno())
        raise BenchmarkError(f"perf_event_open: {reason}; run as root, or with kernel.perf_event_paranoid at most 2")
    try:
        yield lambda: int.from_bytes(os.read(counter, 8), "little") / 1e9
    finally:
        os.close(counter)
