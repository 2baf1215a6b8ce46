"""The processor time of one real timekeeper among very many hosts at rest: the answers and words of the others are made up."""

import asyncio
import itertools
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.errors import BenchmarkError
from communicator.answers import clocks
from communicator.protocol import HostPort, Message
from communicator.protocol.line_form import encode_line
from timekeeper.cluster.door import CLUSTER
from timekeeper.cluster.solvers import AUTO, choose_solvers
from timekeeper.probes import EpochWatch, ProbeIdentity, Prober, Responder, Seal, Target, hash_cluster, open_door
from timekeeper.probes.overlay import choose_peers
from timekeeper.report import tell_row

INTERVAL_S = 10.0
RARE_S = 60.0
"""How often hosts that do not solve tell all others that they are there."""
SETTLED_S = 75.0
"""The first looks, in haste, and the minute of grace are over."""
_HOST = "127.0.0.1"
_MAIN = "from timekeeper.main import main; main()"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """What a timekeeper costs at rest."""

    hosts: int
    solves: bool
    share: float
    """Of one processor."""


def measure_load(hosts: int, *, solves: bool, span_s: float) -> Load:
    """Run a timekeeper and measure it.

    Args:
        hosts: How many there are, itself included.
        solves: Whether it is one of those that solve.
        span_s: How long it is measured, once it has settled.

    Raises:
        BenchmarkError: It has ended.
    """
    return asyncio.run(_measure(hosts, span_s, solves=solves))


async def _measure(hosts: int, span_s: float, *, solves: bool) -> Load:
    names = [f"h{number:04}" for number in range(hosts)]
    solving = choose_solvers(dict.fromkeys(names, AUTO)).solving
    own = next(name for name in names if (name in solving) == solves)
    with tempfile.TemporaryDirectory() as folder:
        async with _Crowd(own, names, solving, Path(folder)).run() as process:
            await asyncio.sleep(SETTLED_S)
            before_s = _spent_s(process.pid)
            began_s = time.monotonic()
            await asyncio.sleep(span_s)
            if process.returncode is not None:
                raise BenchmarkError(f"the timekeeper among {hosts} hosts has ended with {process.returncode}")
            return Load(hosts, solves, (_spent_s(process.pid) - before_s) / (time.monotonic() - began_s))


def _spent_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class _Crowd:
    """A router and all other hosts, as far as one timekeeper sees them; all their clocks are ours."""

    def __init__(self, own: str, names: list[str], solving: frozenset[str], folder: Path) -> None:
        self._own, self._names, self._solving, self._folder = own, names, solving, folder
        self._others = [name for name in names if name != own]
        self._peers = choose_peers(own, names)
        self._key = secrets.token_bytes(32).hex().encode()
        self._addresses: dict[str, HostPort] = {}
        self._random = random.Random(1)
        self._registered, self._measured = asyncio.Event(), asyncio.Event()
        self._writer: asyncio.StreamWriter
        self._probe: HostPort

    @asynccontextmanager
    async def run(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The timekeeper, for as long as the block lasts."""
        key = self._folder / "key"
        key.touch(0o600)
        key.write_bytes(self._key)
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            for name in sorted(self._peers):
                door = await open_door(HostPort(_HOST, 0), kernel_timestamps=True)
                responder = Responder(door, self._identity(name), EpochWatch())
                stack.callback(responder.close)
                self._addresses[name] = responder.address
            server = await asyncio.start_unix_server(self._serve, self._folder / "router.sock")
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", _MAIN, *self._options(key))
            busy = [group.create_task(self._probe_it()), group.create_task(self._speak())]
            try:
                yield process
            finally:
                for task in busy:
                    task.cancel()
                with suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
                server.close()

    def _identity(self, name: str) -> ProbeIdentity:
        return ProbeIdentity(name, Seal(hash_cluster(CLUSTER), self._key), "boot")

    def _options(self, key: Path) -> list[str]:
        (self._folder / "flags").mkdir()
        settings = {
            "communicator": f"cd://{self._folder}/router.sock",
            "data_path": f"{self._folder}/data",
            "flags_path": f"{self._folder}/flags",
            "probe_listen": f"{_HOST}:0",
            "cluster_key_file": str(key),
        }
        return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]

    async def _probe_it(self) -> None:
        """Its peers probe it as often as it probes them."""
        await self._measured.wait()
        async with asyncio.TaskGroup() as group:
            for name in sorted(self._peers):
                door = await open_door(HostPort(_HOST, 0), kernel_timestamps=True)
                prober = Prober(door, self._identity(name), EpochWatch(), lambda *_: None, 0.1)
                prober.follow({self._own: Target(self._probe, INTERVAL_S)})
                group.create_task(prober.run())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode():
            if line.startswith("REGISTER"):
                self._say(writer, Message("READY", {"my_address": f"{_HOST}:4040"}), "communicatord")
                self._say(writer, self._status(), "communicatord")
                self._writer = writer
                self._registered.set()
            elif "CLOCK_REPORT" in line and not self._measured.is_set():
                self._find_probe_address(line)

    def _find_probe_address(self, line: str) -> None:
        found = line.partition("probe_address")[2].partition(f"{_HOST}:")[2]
        port = "".join(itertools.takewhile(str.isdigit, found))
        if port:
            self._probe = HostPort(_HOST, int(port))
            self._measured.set()

    async def _speak(self) -> None:
        """Each host says its word as often as this one hears it in use."""
        await self._registered.wait()
        writer = self._writer
        plan = [(self._random.random() * self._every_s(name), name) for name in self._others]
        began_s, spoken = time.monotonic(), itertools.count(1)
        while True:
            plan.sort()
            at_s, name = plan[0]
            await asyncio.sleep(max(0.0, began_s + at_s - time.monotonic()))
            self._say(writer, tell_row(self._word(name, next(spoken)))[0], "timekeeper", name)
            plan[0] = (at_s + self._every_s(name), name)
            await writer.drain()

    def _every_s(self, name: str) -> float:
        return INTERVAL_S if self._own in self._solving or name in self._solving else RARE_S

    def _word(self, name: str, seq: int) -> clocks.Local:
        pairs = tuple(
            clocks.Peer(peer, self._random.uniform(-1e-4, 1e-4), 2e-4, 2e-4, 2.0, "probe", 0.1)
            for peer in sorted(choose_peers(name, self._names))
        )
        address = self._addresses.get(name, HostPort("127.0.0.2", 4044))
        claim = clocks.Claim(
            "synchronized",
            ("chronyd last updated the clock 12 s ago",),
            "chronyd",
            ("192.0.2.1",),
            1e-5,
            1e-3,
            3,
            "normal",
        )
        return clocks.Local(
            server=name,
            boot_id="boot",
            life="life",
            seq=seq,
            role=AUTO,
            claim=claim,
            pairs=pairs,
            probe_address=str(address),
            found={} if name in self._solving else None,
        )

    def _status(self) -> Message:
        count = str(len(self._names))
        told = {"status": "up", "completeness": "complete", "neighbors_count": count, "live_count": count}
        return Message("CLUSTER_CURRENT_STATUS", told | {"quorum": "501", "servers": ",".join(self._names)})

    def _say(self, writer: asyncio.StreamWriter, message: Message, service: str, server: str = "") -> None:
        sent = msgspec.structs.replace(message, sent_from_server=server or self._own, sent_from_service=service)
        writer.write(encode_line(sent))
