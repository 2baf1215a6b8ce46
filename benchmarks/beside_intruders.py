"""The latency of messages between two services while other links make the router work, as its own processor time."""

import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.bars import Bar
from benchmarks.errors import BenchmarkError
from benchmarks.intruder import Intruded, IntruderPlan
from benchmarks.load import CrowdPlan, Party, join
from benchmarks.processor_clock import processor_clock
from benchmarks.servers import Server, run_server
from benchmarks.shapes import LINE_BYTES, make_line
from benchmarks.workers import Workers

CHUNK_BYTES = 256 * 1024
SETTLE_S = 0.3
"""From the start of an attack until the first message is timed."""
HALF_S = 10.0
"""A half of a pair that takes longer ends with fewer messages: the router hardly answers."""
LATE_S = 30.0
REGISTERED = 1_500
"""Services beside an attack with LIST_SERVICES."""
_REMOTE = 'remote = "127.0.0.1:0"\n[auth]\nmode = "none"\n'


@dataclass(frozen=True, slots=True)
class Attack:
    """What is written over and over."""

    name: str
    line: bytes
    door: str = "unix"
    reads: bool = True
    registered: int = 0
    """How many services do nothing beside it."""

    @property
    def chunk(self) -> bytes:
        """Whole lines, a read or more of them."""
        return self.line * max(1, CHUNK_BYTES // len(self.line))


def _filled(start: bytes, unit: bytes, size_bytes: int, end: bytes = b"") -> bytes:
    return start + unit * ((size_bytes - len(start) - len(end)) // len(unit)) + end + b"\n"


_QUOTED = b"ATTACK " + b";".join(b'p%03d="some;thing"' % number for number in range(256)) + b"\n"
_NESTED = b'{"command":"ATTACK","x":' + b"[" * 24_000 + b"]" * 24_000 + b"}\n"
ATTACKS = (
    Attack("256 quoted parameters", _QUOTED),
    Attack("nested JSON, 48 kB", _NESTED),
    Attack("escapes, 60 kB", _filled(b'ATTACK a="', b'\\"', 60_000, b'"')),
    Attack("semicolons, 60 kB", _filled(b"ATTACK a=1", b";", 60_000)),
    Attack("LIST_SERVICES", b"LIST_SERVICES\n", registered=REGISTERED),
    Attack("ALIVE, never read", b"ALIVE serial=1\n", reads=False),
    Attack("REGISTER, UNREGISTER", b"REGISTER service=in_%N%;version=1\nUNREGISTER service=in_%N%\n"),
    Attack("stranger: escapes, 1 MB", _filled(b'ATTACK a="', b'\\"', 1_000_000, b'"'), door="remote"),
    Attack("stranger: semicolons, 1 MB", _filled(b"ATTACK a=1", b";", 1_000_000), door="remote"),
)
LINKS = (1, 64)


@dataclass(frozen=True, slots=True)
class Half:
    """Many messages in one state of the router; times in seconds."""

    count: int
    cpu_p50_s: float
    cpu_p99_s: float
    wall_p99_s: float


@dataclass(frozen=True, slots=True)
class IntruderCell:
    """One attack by so many links at one server."""

    server: str
    attack: str
    links: int
    idle: list[Half] = field(default_factory=list)
    attacked: list[Half] = field(default_factory=list)
    cut: int = 0

    def median(self, state: str, figure: str) -> float:
        """The median over all pairs of one figure, in seconds."""
        return statistics.median(getattr(half, figure) for half in getattr(self, state))

    @property
    def bar_s(self) -> float:
        """What the 99th percentile may be."""
        factor, least_s = (5, 0.002) if self.links == 1 else (20, 0.008)
        return max(factor * self.median("idle", "cpu_p99_s"), least_s)


def measure_intruders(
    name: str, attack: Attack, links: int, pairs: int, messages: int, workers: Workers
) -> IntruderCell:
    """Take an idle and an attacked half in turn, so that whatever else the machine does meets both.

    Args:
        name: Which of our servers.
        attack: What the intruders say.
        links: How many they are.
        pairs: How often both halves are taken.
        messages: How many are timed in each half.
        workers: The load processes.

    Raises:
        BenchmarkError: A message did not arrive, or the services could not be made.
    """
    idle, attacked, cut = [], [], 0
    with run_server(name, _REMOTE if attack.door == "remote" else "") as server:
        if attack.registered:
            workers.receivers.tell(CrowdPlan(server.addresses["unix"], server.dialect, attack.registered, joined=True))
            workers.receivers.answer()
        plan = IntruderPlan(server.addresses[attack.door], links, attack.chunk, attack.reads)
        for _ in range(pairs):
            idle.append(_half(server, messages, lambda: None))
            workers.crowd.tell(plan)
            workers.crowd.answer()
            attacked.append(_half(server, messages, lambda: time.sleep(SETTLE_S)))
            workers.crowd.tell("close")
            found: Intruded = workers.crowd.answer()
            cut += found.cut
        if attack.registered:
            workers.receivers.tell("close")
            workers.receivers.answer()
    return IntruderCell(name, attack.name, links, idle, attacked, cut)


def _half(server: Server, messages: int, settle: Callable[[], None]) -> Half:
    """Time single messages from one service to another."""
    address, line = server.addresses["tcp"], make_line("probe_to", LINE_BYTES[0])
    frame, delivered = server.dialect.frame("probe_to", line), server.dialect.delivered("probe_of", "probe_to", line)
    taken_s, wall_s = [], []
    receiver = join(address, server.dialect, Party("probe_to", ("probe_to",)))
    receiver.settimeout(LATE_S)
    with receiver, join(address, server.dialect, Party("probe_of")) as sender, processor_clock(server.pid) as cpu_s:
        settle()
        stop_s = time.monotonic() + HALF_S
        while len(taken_s) < messages and time.monotonic() < stop_s:
            begun_cpu_s, begun_s = cpu_s(), time.perf_counter()
            sender.sendall(frame)
            left = len(delivered)
            while left > 0:
                left -= _read(receiver, left)
            wall_s.append(time.perf_counter() - begun_s)
            taken_s.append(cpu_s() - begun_cpu_s)
    return Half(len(taken_s), statistics.median(taken_s), _p99(taken_s), _p99(wall_s))


def _read(receiver: socket.socket, left: int) -> int:
    try:
        data = receiver.recv(left)
    except TimeoutError:
        raise BenchmarkError(f"a message did not arrive in {LATE_S:g} s") from None
    if not data:
        raise BenchmarkError("the router ended the link of a service that did nothing wrong")
    return len(data)


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def judge_intruders(cells: list[IntruderCell]) -> list[Bar]:
    """Hold the figures against the bar of the design."""
    bars = []
    for cell in cells:
        found_s = cell.median("attacked", "cpu_p99_s")
        factor = "5 x idle, 2 ms" if cell.links == 1 else "20 x idle, 8 ms"
        what = f"p99 beside {cell.attack}, {cell.links} links, {cell.server}"
        bars.append(Bar(what, f"<= max({factor})", f"{found_s * 1e3:.2f} ms", found_s <= cell.bar_s))
    return bars
