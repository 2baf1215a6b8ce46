"""Links that write the same bytes as fast as they are taken, in a process of its own; it must not know who else talks there."""

import selectors
import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.load import READ_BYTES, Address, close_all, connect

_AGAIN_S = 0.002
"""How long a link that was cut, or turned away, waits before it comes again."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class IntruderPlan:
    """So many links; each writes its chunk over and over, and comes again when it is cut."""

    address: Address
    count: int
    chunk: bytes
    """A ``%N%`` in it stands for the number of the link."""
    reads: bool
    """Whether answers are read."""


@dataclass(frozen=True, slots=True)
class Intruded:
    """What came of it."""

    sent_bytes: int
    cut: int
    """How often a link was ended by the router."""


@dataclass(slots=True)
class _Intruder:
    """One link."""

    chunk: bytes
    sock: socket.socket | None = None
    at: int = 0
    again_s: float = 0.0


def intrude(plan: IntruderPlan, control: Connection) -> None:
    """Attack until told to end; answers once when it begins and once with what came of it."""
    intruders = [_Intruder(plan.chunk.replace(b"%N%", b"%d" % number)) for number in range(plan.count)]
    sent, cut = 0, 0
    control.send("ready")
    with selectors.DefaultSelector() as selector:
        try:
            while not control.poll():
                now_s = time.monotonic()
                for intruder in intruders:
                    if intruder.sock is None and now_s >= intruder.again_s:
                        _come(intruder, plan, selector)
                for key, mask in selector.select(_POLL_S if all(one.sock for one in intruders) else _AGAIN_S):
                    try:
                        sent += _act(key.data, mask)
                    except OSError:
                        cut += 1
                        _go(key.data, selector)
        finally:
            close_all([intruder.sock for intruder in intruders if intruder.sock is not None])
    control.recv()
    control.send(Intruded(sent, cut))


def _come(intruder: _Intruder, plan: IntruderPlan, selector: selectors.BaseSelector) -> None:
    intruder.again_s = time.monotonic() + _AGAIN_S
    try:
        sock = connect(plan.address)
    except OSError:
        return
    sock.settimeout(0)
    intruder.sock, intruder.at = sock, 0
    selector.register(sock, selectors.EVENT_WRITE | (selectors.EVENT_READ if plan.reads else 0), intruder)


def _act(intruder: _Intruder, mask: int) -> int:
    """Read what was answered, write what the socket takes; returns how much that was."""
    if intruder.sock is None:
        return 0
    if mask & selectors.EVENT_READ and not intruder.sock.recv(READ_BYTES):
        raise ConnectionResetError
    if not mask & selectors.EVENT_WRITE:
        return 0
    try:
        taken = intruder.sock.send(memoryview(intruder.chunk)[intruder.at :])
    except BlockingIOError:
        return 0
    intruder.at = (intruder.at + taken) % len(intruder.chunk)
    return taken


def _go(intruder: _Intruder, selector: selectors.BaseSelector) -> None:
    if intruder.sock is None:
        return
    selector.unregister(intruder.sock)
    intruder.sock.close()
    intruder.sock = None
    intruder.again_s = time.monotonic() + _AGAIN_S
