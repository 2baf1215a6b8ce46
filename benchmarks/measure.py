"""Takes one figure of one server: a rate, a latency, its memory; it must not know which server it is or what the bar says."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.load import Party, PingPlan, Received, ReceivePlan, SendPlan, Sent
from benchmarks.servers import Server
from benchmarks.shapes import FILLED, Shape, make_line
from benchmarks.workers import Workers

CHUNK_BYTES = 256 * 1024
PING_GAP_S = 0.001


@dataclass(frozen=True, slots=True)
class Rate:
    """One run of one shape."""

    per_s: float | None
    """Messages that arrived, divided by the seconds from the first byte to the last at the receivers; None when it failed."""
    sent: int
    lost: int
    verified: int
    server_cpu_us: float
    """Processor time of the server for each message that arrived."""
    peak_bytes: int
    """The server's largest resident size during the run."""
    error: str = ""
    far_cpu_us: float = 0.0
    """Processor time of the server at the far end, if there is one, for each message that arrived."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One run of single messages."""

    one_way_s: list[float]
    """What each took from one client to another."""
    server_cpu_us: float
    """Processor time of the server for each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent, through which door, for how long."""

    shape: Shape
    transport: str
    line_bytes: int
    duration_s: float
    parameters: str = FILLED


@dataclass(frozen=True, slots=True)
class FarEnd:
    """Where the receivers are, when they are not at the server the senders write to."""

    server: Server
    """Its dialect tells what arrives here of what is sent there."""
    await_topic: Callable[[str], None]
    """Returns once the senders' server knows that somebody here wants this."""


def measure_rate(server: Server, load: Load, workers: Workers, far: FarEnd | None = None) -> Rate:
    """Send as fast as the sockets take it for a while, and count until everything has arrived.

    A failure is part of the answer: a server that refuses or drops is to be reported, not to end the run.

    Args:
        server: Where the senders are, and without a far end the receivers too.
        load: What is sent.
        workers: The load processes.
        far: Where the receivers are, if elsewhere.
    """
    _reset_peak(server.pid)
    try:
        _connect(server, load, workers, far)
        cpu_before_s = cpu_s(server.pid)
        far_cpu_before_s = cpu_s(far.server.pid) if far else 0.0
        sent, received = _drive(load, workers)
    except BenchmarkError as failure:
        return Rate(None, 0, 0, 0, 0.0, 0, str(failure))
    expected, elapsed_s = sent.frames * load.shape.copies, received.last_s - received.first_s
    error = sent.error or received.error
    return Rate(
        per_s=received.frames / elapsed_s if elapsed_s > 0 and not error else None,
        sent=expected,
        lost=max(0, expected - received.frames),
        verified=received.verified,
        server_cpu_us=1e6 * (cpu_s(server.pid) - cpu_before_s) / max(1, received.frames),
        peak_bytes=status_bytes(server.pid, "VmHWM"),
        error=error,
        far_cpu_us=1e6 * (cpu_s(far.server.pid) - far_cpu_before_s) / max(1, received.frames) if far else 0.0,
    )


def _connect(server: Server, load: Load, workers: Workers, far: FarEnd | None) -> None:
    """Receivers first, then senders."""
    send_plan, receive_plan = _plans(server, load, far.server if far else server)
    workers.receivers.tell(receive_plan)
    workers.receivers.answer()
    try:
        if far is not None:
            for topic in load.shape.topics:
                far.await_topic(topic)
        workers.senders.tell(send_plan)
        workers.senders.answer()
    except BenchmarkError:
        workers.receivers.tell(0)
        workers.receivers.answer()
        raise


def _drive(load: Load, workers: Workers) -> tuple[Sent, Received]:
    """Send, and count; all keep their links until the last has counted."""
    workers.senders.tell("go")
    sent: Sent = workers.senders.answer()
    workers.receivers.tell(sent.frames * load.shape.copies)
    try:
        received: Received = workers.receivers.answer()
    finally:
        workers.senders.tell("close")
        answers: bytes = workers.senders.answer()
    if answers and not sent.error:
        sent = Sent(sent.frames, f"the senders were answered {answers[:120]!r}")
    return sent, received


def _plans(server: Server, load: Load, far: Server) -> tuple[SendPlan, ReceivePlan]:
    shape = load.shape
    lines = {topic: make_line(topic, load.line_bytes, load.parameters) for topic in shape.topics}
    block = b"".join(server.dialect.frame(topic, line) for topic, line in lines.items())
    blocks = max(1, CHUNK_BYTES // len(block))
    receiver_topics = [shape.topics if shape.broadcast else (name,) for name in shape.receiver_names]
    send_plan = SendPlan(
        server.addresses[load.transport],
        server.dialect,
        tuple(Party(name) for name in shape.sender_names),
        (block * blocks,) * shape.senders,
        blocks * len(lines),
        load.duration_s,
    )
    frames = frozenset(
        far.dialect.delivered(sender, topic, line) for sender in shape.sender_names for topic, line in lines.items()
    )
    receivers = tuple(Party(name, topics) for name, topics in zip(shape.receiver_names, receiver_topics, strict=True))
    return send_plan, ReceivePlan(far.addresses[load.transport], far.dialect, receivers, frames)


def measure_latency(server: Server, transport: str, size_bytes: int, count: int, workers: Workers) -> Latency:
    """How long single messages take from one client to another, one at a time with a pause between.

    Raises:
        BenchmarkError: A message did not arrive, or arrived changed.
    """
    sender, receiver = "sender_0", "receiver_0"
    line = make_line(receiver, size_bytes)
    workers.senders.tell(
        PingPlan(
            server.addresses[transport],
            server.dialect,
            Party(sender),
            Party(receiver, (receiver,)),
            server.dialect.frame(receiver, line),
            server.dialect.delivered(sender, receiver, line),
            count,
            PING_GAP_S,
        )
    )
    workers.senders.answer()
    cpu_before_s = cpu_s(server.pid)
    workers.senders.tell("go")
    one_way_s: list[float] = workers.senders.answer()
    return Latency(one_way_s, 1e6 * (cpu_s(server.pid) - cpu_before_s) / count)


def status_bytes(pid: int, key: str) -> int:
    """A size from /proc/PID/status, such as ``VmRSS``."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = row.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    raise BenchmarkError(f"/proc/{pid}/status has no {key}")


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, user and system."""
    return time.clock_gettime((~pid << 3) | 2)  # to the nanosecond; see clock_getcpuclockid(3)


def _reset_peak(pid: int) -> None:
    """Make VmHWM start anew from the present resident size; needs the same user, and is left out where it is refused."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except PermissionError:
        return
