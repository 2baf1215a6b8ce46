"""A primary beside a shadow, at a real router: its processor time for a message, and latency, with copies and without."""

import asyncio
import multiprocessing
import os
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from benchmarks.errors import BenchmarkError
from benchmarks.load import close_all, connect
from benchmarks.servers import free_port
from benchmarks.shadow_far import COMMANDS, TEXT, Ends, Far, policy_line
from benchmarks.shadow_path import PathCost, PathPlan, measure_path
from communicator.testing import RouterProcess, RouterProcessError

SENDERS = 20
ANSWER_S = 60.0
SETTLE_S = 0.3
"""Copies are looked at, and steps told, within so long."""
SHARES = (0.01, 1.0)
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPlan:
    """What is done."""

    alternations: int = 20
    messages: int = 1_000
    """In each half of an alternation."""
    path: PathPlan = field(default_factory=PathPlan)


@dataclass(slots=True)
class Halves:
    """One alternation after the other, each without copies and then with."""

    off: list[float] = field(default_factory=list)
    on: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """With copies and without: the median of neighbors."""
        return statistics.median(on / off for on, off in zip(self.on, self.off, strict=True))

    @property
    def chance(self) -> float:
        """What the ratio of two halves without copies is at most, 19 times of 20."""
        ratios = sorted(after / before for before, after in zip(self.off, self.off[1:], strict=False))
        return ratios[len(ratios) * 95 // 100] if ratios else 1.0


@dataclass(slots=True)
class Shadowing:
    """What was found."""

    path: list[PathCost] = field(default_factory=list)
    cpu_us: dict[str, Halves] = field(default_factory=dict)
    """Of the router for one message to the primary and its reply, by share; ``others``: for a service without a shadow."""
    p99_s: dict[str, Halves] = field(default_factory=dict)
    """One-way latency of messages to the primary, by share."""
    load: float = 0.0
    """The larger load average of the machine over one minute, before and after."""


def measure_shadowing(plan: ShadowPlan) -> Shadowing:
    """Run it on a router of its own.

    Raises:
        BenchmarkError: The router does not start, or nothing answers.
    """
    load = os.getloadavg()[0]
    found = Shadowing(path=measure_path(plan.path))
    settings = {"listen.remote": f"127.0.0.1:{free_port()}", "auth.mode": "none"}
    try:
        with RouterProcess("alpha", settings) as router, _run_others(router) as others:
            for share in SHARES:
                found.cpu_us[f"{share:g}"], found.p99_s[f"{share:g}"] = Halves(), Halves()
            found.cpu_us["others"] = Halves()
            with _Talk(router, "billing") as talk, _Talk(router, "unshadowed") as beside:
                others.set_share(0.0)
                talk.run(plan.messages)
                for _ in range(plan.alternations):
                    _alternate(found, others, (talk, beside), plan.messages)
    except (RouterProcessError, OSError, EOFError, TimeoutError) as error:
        raise BenchmarkError(f"shadow: {error}") from error
    found.load = max(load, os.getloadavg()[0])
    return found


def _alternate(found: Shadowing, others: "_Others", talks: tuple["_Talk", "_Talk"], messages: int) -> None:
    talk, beside = talks
    for share in SHARES:
        cpu, p99 = found.cpu_us[f"{share:g}"], found.p99_s[f"{share:g}"]
        for part, cpu_us, p99_s in ((0.0, cpu.off, p99.off), (share, cpu.on, p99.on)):
            others.set_share(part)
            took_us, latencies_s = talk.run(messages)
            cpu_us.append(took_us)
            p99_s.append(sorted(latencies_s)[len(latencies_s) * 99 // 100])
    found.cpu_us["others"].on.append(beside.run(messages)[0])
    others.set_share(0.0)
    found.cpu_us["others"].off.append(beside.run(messages)[0])


class _Talk:
    """A service of the router, and its senders."""

    def __init__(self, router: RouterProcess, service: str) -> None:
        self._pid = router.pid
        self._path = router.unix.removeprefix("cd://")
        self._service = service
        self._senders: list[tuple[str, socket.socket]] = []

    def __enter__(self) -> Self:
        self._there = self._join(self._service)
        for number in range(SENDERS):
            name = f"{self._service}_{number}"
            self._senders.append((name, self._join(name)))
        return self

    def __exit__(self, *_: object) -> None:
        close_all([self._there, *(end for _, end in self._senders)])

    def _join(self, name: str) -> socket.socket:
        end = connect(self._path)
        end.sendall(f"REGISTER service={name};version=1\nCOMMANDS list={COMMANDS}\n".encode())
        data = b""
        while b"READY" not in data:
            data += end.recv(_READ_BYTES)
        return end

    def run(self, messages: int) -> tuple[float, list[float]]:
        """Messages in turn from all senders, each with its reply: processor time in microseconds of each, and latencies.

        What the router puts off belongs to it: all of that is done when this returns.
        """
        latencies_s, before_ns = [], _cpu_ns(self._pid)
        for number in range(messages):
            name, sender = self._senders[number % SENDERS]
            begun_s = time.perf_counter()
            sender.sendall(f"{self._service}/ASK n={number};text={TEXT}\n".encode())
            self._there.recv(_READ_BYTES)
            latencies_s.append(time.perf_counter() - begun_s)
            self._there.sendall(f"{name}/ANSWER n={number};text={TEXT}\n".encode())
            sender.recv(_READ_BYTES)
        time.sleep(SETTLE_S)
        return (_cpu_ns(self._pid) - before_ns) / messages / 1e3, latencies_s


def _cpu_ns(pid: int) -> int:
    """What the router's one thread that works has taken of processors."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


class _Others:
    """Comparator and far router, in a process of their own."""

    def __init__(self, control: Connection) -> None:
        self._control = control

    def set_share(self, share: float) -> None:
        """Have this part of the conversations copied from now on."""
        self._control.send(share)
        if not self._control.poll(ANSWER_S):
            raise BenchmarkError("the comparator's process gives no answer")
        self._control.recv()


@contextmanager
def _run_others(router: RouterProcess) -> Iterator[_Others]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_be_others, args=(theirs, router.unix, router.remote), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield _Others(ours)
    finally:
        ours.close()
        process.join(2)
        process.terminate()
        process.join()


def _be_others(control: Connection, unix: str, remote: str) -> None:
    host, _, port = remote.removeprefix("cd://").rpartition(":")
    ends = Ends()
    ends.peers = {"canary": connect(unix.removeprefix("cd://")), "far": connect((host, int(port)))}
    for end in ends.peers.values():
        end.setblocking(False)  # noqa: FBT003 - its one parameter
    asyncio.run(_live(control, ends))


async def _live(control: Connection, ends: Ends) -> None:
    far, loop = Far(ends), asyncio.get_running_loop()
    await ends.register("canary")
    await far.join()
    async with asyncio.TaskGroup() as tasks:
        living = [tasks.create_task(far.live()), tasks.create_task(_discard(ends))]
        control.send("ready")
        generation = 0
        while True:
            try:
                share = await loop.run_in_executor(None, control.recv)
            except EOFError:
                break
            generation += 1
            await ends.say("canary", policy_line(generation, share))
            await asyncio.sleep(0.05)
            control.send("done")
        for task in living:
            task.cancel()


async def _discard(ends: Ends) -> None:
    while True:
        await ends.read("canary")
