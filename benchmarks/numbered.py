"""Numbered messages, written and read again: what is lost, doubled or out of order; it must not know the way between."""

import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.dialects import Dialect
from benchmarks.load import IDLE_TIMEOUT_S, READ_BYTES, STUCK_TIMEOUT_S, Address, Party, close_all, join

DIGITS = 10
"""How many bytes at the end of a line, before its newline, are its number."""
_LINES_AT_ONCE = 10_000
_AFTERWARDS_S = 0.3
"""So long we go on listening for what comes too often."""


@dataclass(frozen=True, slots=True)
class NumberedPlan:
    """Writes a line so many times, each with its number in it."""

    address: Address
    dialect: Dialect
    party: Party
    line: bytes
    count: int


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """Reads numbered lines until as many have come as were sent, or nothing comes any more."""

    address: Address
    dialect: Dialect
    party: Party
    delivered: bytes
    """What arrives for the line, but for its number."""
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of numbered messages."""

    received: int
    """How many lines came, of whatever kind."""
    lost: int
    doubled: int
    disordered: int
    """How many came after one with a larger number."""
    foreign: int
    """Lines that nobody sent."""
    elapsed_s: float
    """From the first byte to the last."""


def send_numbered(plan: NumberedPlan, control: Connection) -> None:
    """Write all lines, held back by the socket alone; one more step follows, and the link is closed."""
    connection = join(plan.address, plan.dialect, plan.party)
    try:
        pieces = [
            b"".join(number_line(plan.line, number) for number in range(at, min(at + _LINES_AT_ONCE, plan.count)))
            for at in range(0, plan.count, _LINES_AT_ONCE)
        ]
        connection.settimeout(STUCK_TIMEOUT_S)
        for piece in pieces:
            connection.sendall(piece)
        control.send("sent")
        control.recv()
    finally:
        close_all([connection])


def check_numbered(plan: CheckPlan, control: Connection) -> None:
    """Read all, and look into it only then, so that the looking slows nobody down."""
    connection = join(plan.address, plan.dialect, plan.party)
    try:
        control.send("ready")
        pieces, elapsed_s = _read(connection, len(plan.delivered) * plan.count)
    finally:
        close_all([connection])
    control.send(tally(b"".join(pieces), plan.delivered, plan.count, elapsed_s))


def number_line(line: bytes, number: int) -> bytes:
    """A line with a number as its last digits."""
    return b"%b%0*d\n" % (line[: -DIGITS - 1], DIGITS, number)


def tally(received: bytes, delivered: bytes, count: int, elapsed_s: float) -> Tally:
    """Count what is missing, there twice, or in the wrong place.

    Args:
        received: Everything that came.
        delivered: What comes for one line, but for its number.
        count: How many were sent, numbered from 0.
        elapsed_s: How long that took.
    """
    start = delivered[: -DIGITS - 1]
    lines = received.splitlines(keepends=True)
    digits = [line[len(start) : -1] for line in lines if len(line) == len(delivered) and line.startswith(start)]
    known = [number for text in digits if text.isdigit() and (number := int(text)) < count]
    distinct = len(set(known))
    disordered, largest = 0, -1
    for number in known:
        disordered += number < largest
        largest = max(largest, number)
    return Tally(len(lines), count - distinct, len(known) - distinct, disordered, len(lines) - len(known), elapsed_s)


def _read(connection: socket.socket, expected_bytes: int) -> tuple[list[bytes], float]:
    """All that comes, and the seconds from its first byte to its last."""
    pieces: list[bytes] = []
    total, first_s, last_s = 0, 0.0, 0.0
    connection.settimeout(STUCK_TIMEOUT_S)
    while True:
        try:
            data = connection.recv(READ_BYTES)
        except TimeoutError:
            break
        if not data:
            break
        last_s = time.monotonic()
        first_s = first_s or last_s
        pieces.append(data)
        total += len(data)
        connection.settimeout(_AFTERWARDS_S if total >= expected_bytes else IDLE_TIMEOUT_S)
    return pieces, last_s - first_s
