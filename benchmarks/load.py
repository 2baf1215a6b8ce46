"""The load generator: sends prepared bytes and counts what arrives, in processes of their own; it must not know any protocol."""

import select
import socket
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from benchmarks.dialects import Dialect

READ_BYTES = 256 * 1024
JOIN_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 2.0
"""What has not arrived after such a silence is lost."""
STUCK_TIMEOUT_S = 10.0
"""A server that reads nothing for so long will not any more."""
_SAMPLES = 32

Address = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""


@dataclass(frozen=True, slots=True)
class Party:
    """One client: its name and what it wants to receive."""

    name: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendPlan:
    """What one process of senders does: each writes its chunk over and over, held back by its socket alone."""

    address: Address
    dialect: Dialect
    parties: tuple[Party, ...]
    chunks: tuple[bytes, ...]
    frames_per_chunk: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What the senders did; followed by the bytes a server wrote to them meanwhile, which should be none."""

    frames: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class ReceivePlan:
    """What one process of receivers does; the frames are those that may arrive, all of one length."""

    address: Address
    dialect: Dialect
    parties: tuple[Party, ...]
    frames: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Received:
    """What the receivers got; times are of the monotonic clock all processes share."""

    frames: int
    first_s: float
    last_s: float
    verified: int
    """How many frames were compared with what was sent."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PingPlan:
    """Single messages, one at a time, between two clients of one process."""

    address: Address
    dialect: Dialect
    sender: Party
    receiver: Party
    frame: bytes
    delivered: bytes
    count: int
    gap_s: float


@dataclass(frozen=True, slots=True)
class CrowdPlan:
    """Clients that connect and then do nothing; with a name each they also join."""

    address: Address
    dialect: Dialect
    count: int
    joined: bool


@dataclass(slots=True)
class _Stream:
    """What one receiver has read so far."""

    connection: socket.socket
    total: int = 0
    reads: int = 0
    samples: list[bytes] = field(default_factory=list)


def connect(address: Address) -> socket.socket:
    """A blocking stream socket to a server, without delay on TCP."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(JOIN_TIMEOUT_S)
    connection.connect(address)
    if family == socket.AF_INET:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def join(address: Address, dialect: Dialect, party: Party) -> socket.socket:
    """Connect and become a client."""
    connection = connect(address)
    dialect.join(connection, party.name, party.topics)
    return connection


def send(plan: SendPlan, control: Connection) -> None:
    """Write chunks until the time is over; two more steps follow: "go", and one that ends it."""
    connections = [join(plan.address, plan.dialect, party) for party in plan.parties]
    try:
        control.send("ready")
        control.recv()
        chunks_sent, error = _pump(connections, plan.chunks, plan.duration_s)
        control.send(Sent(chunks_sent * plan.frames_per_chunk, error))
        control.recv()
        control.send(b"".join(_rest(connection, plan.dialect.aside) for connection in connections))
    finally:
        close_all(connections)


def _pump(connections: list[socket.socket], chunks: tuple[bytes, ...], duration_s: float) -> tuple[int, str]:
    """Write whole chunks until the time is over; returns how many were written."""
    poller = select.epoll()
    pending: dict[int, tuple[socket.socket, memoryview, memoryview]] = {}
    for connection, chunk in zip(connections, chunks, strict=True):
        connection.settimeout(0)
        poller.register(connection, select.EPOLLOUT)
        whole = memoryview(chunk)
        pending[connection.fileno()] = (connection, whole, whole)
    chunks_sent, stop_s = 0, time.monotonic() + duration_s
    while pending:
        ready = poller.poll(STUCK_TIMEOUT_S)
        if not ready:
            return chunks_sent, f"the server has read nothing for {STUCK_TIMEOUT_S:g} s"
        for number, _ in ready:
            connection, whole, rest = pending[number]
            try:
                rest = rest[connection.send(rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                return chunks_sent, f"a sender's link ended: {error}"
            if not rest:
                chunks_sent, rest = chunks_sent + 1, whole
                if time.monotonic() >= stop_s:
                    poller.unregister(number)
                    del pending[number]
                    continue
            pending[number] = (connection, whole, rest)
    return chunks_sent, ""


def _rest(connection: socket.socket, aside: bytes) -> bytes:
    connection.settimeout(0)
    try:
        data = connection.recv(READ_BYTES)
        return data.replace(aside, b"") if aside else data
    except OSError:
        return b""


def receive(plan: ReceivePlan, control: Connection) -> None:
    """Count what arrives until all is there."""
    connections = [join(plan.address, plan.dialect, party) for party in plan.parties]
    try:
        control.send("ready")
        control.send(_count(connections, plan, control))
    finally:
        close_all(connections)


def _count(connections: list[socket.socket], plan: ReceivePlan, control: Connection) -> Received:
    """Read until as many frames have come as the control link names, or nothing comes any more."""
    frame_bytes = len(next(iter(plan.frames)))
    poller = select.epoll()
    poller.register(control.fileno(), select.EPOLLIN)
    streams = {connection.fileno(): _Stream(connection) for connection in connections}
    for number in streams:
        poller.register(number, select.EPOLLIN)
    buffer = bytearray(READ_BYTES)
    view = memoryview(buffer)
    expected, frames, first_s, last_s, error = -1, 0, 0.0, 0.0, ""
    while not error:
        ready = poller.poll(IDLE_TIMEOUT_S)
        for number, _ in ready:
            stream = streams.get(number)
            if stream is None:
                expected = control.recv()
                continue
            size = stream.connection.recv_into(buffer)
            last_s = time.monotonic()
            first_s = first_s or last_s
            stream.total += size
            stream.reads += 1
            if stream.reads & (stream.reads - 1) == 0 and len(stream.samples) < _SAMPLES:
                stream.samples.append(bytes(view[:size]))
            if not size:
                error = "the server ended a receiver's link"
        # The few asides a server may send are together shorter than a frame.
        frames = sum(stream.total // frame_bytes for stream in streams.values())
        if expected >= 0 and (frames >= expected or not ready):
            break
    verified = 0
    for stream in streams.values():
        for sample in stream.samples:
            good, bad = verify(sample, plan.frames, plan.dialect.aside)
            verified += good
            error = error or bad
    return Received(frames, first_s, last_s, verified, error)


def verify(sample: bytes, frames: frozenset[bytes], aside: bytes) -> tuple[int, str]:
    """Compare a piece of what arrived with what may arrive.

    Args:
        sample: Bytes from anywhere in the stream.
        frames: The frames that may be in it, all of one length.
        aside: What the server may put between frames.

    Returns:
        How many whole frames were right, and what was wrong (empty when nothing).
    """
    if aside:
        sample = sample.replace(aside, b"")
    frame_bytes = len(next(iter(frames)))
    starts = [at for at in (sample.find(frame) for frame in frames) if at >= 0]
    if not starts:
        return 0, "" if len(sample) < 2 * frame_bytes else f"unexpected bytes arrived: {sample[:120]!r}"
    start = min(starts)
    if start >= frame_bytes:
        return 0, f"unexpected bytes arrived: {sample[:120]!r}"
    good = 0
    for at in range(start, len(sample) - frame_bytes + 1, frame_bytes):
        if sample[at : at + frame_bytes] not in frames:
            return good, f"unexpected bytes arrived: {sample[at : at + 120]!r}"
        good += 1
    return good, ""


def ping(plan: PingPlan, control: Connection) -> None:
    """Time single messages; one more step follows: "go"."""
    receiver = join(plan.address, plan.dialect, plan.receiver)
    sender = join(plan.address, plan.dialect, plan.sender)
    try:
        control.send("ready")
        control.recv()
        control.send([_one_way_s(sender, receiver, plan) for _ in range(plan.count)])
    finally:
        close_all([sender, receiver])


def _one_way_s(sender: socket.socket, receiver: socket.socket, plan: PingPlan) -> float:
    """Seconds from before the write at one client to after the read at the other."""
    time.sleep(plan.gap_s)
    received = b""
    start_s = time.perf_counter()
    sender.sendall(plan.frame)
    while len(received) < len(plan.delivered):
        received += receiver.recv(READ_BYTES)
        received = received.replace(plan.dialect.aside, b"") if plan.dialect.aside else received
    elapsed_s = time.perf_counter() - start_s
    if received != plan.delivered:
        raise ValueError(f"{received[:120]!r} arrived, not {plan.delivered[:120]!r}")
    return elapsed_s


def hold_crowd(plan: CrowdPlan, control: Connection) -> None:
    """Hold idle clients until told to close them; answers how many were cut."""
    connections = []
    try:
        for i in range(plan.count):
            party = Party(f"idle_{i}")
            connections.append(join(plan.address, plan.dialect, party) if plan.joined else connect(plan.address))
        # Links are accepted in the order they were opened: once this one has joined, all have been.
        close_all([join(plan.address, plan.dialect, Party("idle_last"))])
        control.send("ready")
        control.recv()
        gone = sum(_has_ended(connection) for connection in connections)
    finally:
        close_all(connections)
    control.send(gone)


def _has_ended(connection: socket.socket) -> bool:
    """Whether the server has closed a link that should still stand."""
    connection.settimeout(0)
    try:
        while connection.recv(READ_BYTES):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def close_all(connections: list[socket.socket]) -> None:
    """Close all of them."""
    for connection in connections:
        connection.close()
