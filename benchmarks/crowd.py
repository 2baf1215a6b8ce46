"""Our router with many idle clients beside the busy ones: its rate, its memory, and whether it holds them all."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.load import CrowdPlan
from benchmarks.measure import Load, Rate, measure_rate, status_bytes
from benchmarks.servers import Server
from benchmarks.workers import Workers

SETTLE_TIMEOUT_S = 20.0
_POLL_S = 0.01
_SETTLED_S = 0.05


@dataclass(frozen=True, slots=True)
class CrowdRates:
    """Rates taken in turn, without and with a crowd."""

    without: list[Rate]
    crowded: list[Rate]
    lost_links: int
    """Idle links the server ended although they did nothing wrong."""


def measure_crowd(server: Server, load: Load, count: int, *, joined: bool, rounds: int, workers: Workers) -> CrowdRates:
    """Compare the rate with and without idle clients.

    Args:
        server: Whose rate; it must have no link yet.
        load: The busy clients.
        count: How many idle ones.
        joined: Whether they register as services, or only connect.
        rounds: How often each is measured.
        workers: The load processes.

    Raises:
        BenchmarkError: The server does not take so many.
    """
    rates = CrowdRates([], [], 0)
    lost_links, bare_files = 0, _settled_files(server.pid)
    for _ in range(rounds):
        rates.without.append(measure_rate(server, load, workers))
        _await_files(server.pid, bare_files)
        with gather(server, count, joined=joined, workers=workers) as ended:
            rates.crowded.append(measure_rate(server, load, workers))
        lost_links += sum(ended)
    return CrowdRates(rates.without, rates.crowded, lost_links)


@contextmanager
def gather(server: Server, count: int, *, joined: bool, workers: Workers) -> Iterator[list[int]]:
    """Hold idle clients at a server with no other for as long as the block lasts; then the list says how many were cut."""
    bare_files = _settled_files(server.pid)
    workers.crowd.tell(CrowdPlan(server.addresses["tcp"], server.dialect, count, joined))
    workers.crowd.answer()
    ended: list[int] = []
    try:
        yield ended
    finally:
        workers.crowd.tell("close")
        ended.append(workers.crowd.answer())
        _await_files(server.pid, bare_files)


def idle_bytes(server: Server, count: int, workers: Workers) -> int:
    """Resident size of a server while so many links do nothing."""
    with gather(server, count, joined=False, workers=workers):
        return status_bytes(server.pid, "VmRSS")


def open_files(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(os.listdir(Path(f"/proc/{pid}/fd")))  # noqa: PTH208 - ten thousand Path objects would be made to be counted


def _settled_files(pid: int) -> int:
    """How many descriptors a process holds once it has closed what others have left."""
    before, now = -1, open_files(pid)
    while now != before:
        time.sleep(_SETTLED_S)
        before, now = now, open_files(pid)
    return now


def _await_files(pid: int, count: int) -> None:
    """Wait until the server has closed what was closed at it."""
    stop_s = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        now = open_files(pid)
        if now <= count:
            return
        if time.monotonic() > stop_s:
            raise BenchmarkError(f"the server holds {now} descriptors, not {count}, after {SETTLE_TIMEOUT_S:g} s")
        time.sleep(_POLL_S)
