"""PURE: what the machine wants done; the shell does it in order, and tells what came of it where a comment says so."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from communicator.reporter.syntax import Position
from communicator.reporter.values import Address


class Transport(StrEnum):
    """What a connection runs over."""

    TCP = "tcp"
    UNIX = "unix"
    UDP = "udp"


class Question(StrEnum):
    """What only the shell knows."""

    NOW = "now"
    """A Timestamp."""
    HOSTNAME = "hostname"
    """A string."""
    MAX_PID = "max_pid"
    """An integer: the largest process identifier of this machine."""
    RANDOM = "random"
    """An integer of 64 bits, with a sign."""


class Listen(msgspec.Struct, frozen=True):
    """Open the listener; answered by Opened or Refused."""

    address: Address
    transport: Transport
    cut_lines: bool
    """Whether what comes is told line by line."""


class Connect(msgspec.Struct, frozen=True):
    """Connect as a client; answered by Opened or Refused."""

    address: Address
    transport: Transport
    cut_lines: bool


class StopListening(msgspec.Struct, frozen=True):
    """Close the listener; its links stay."""


class Send(msgspec.Struct, frozen=True):
    """Write to a link."""

    link: int
    data: bytes


class Close(msgspec.Struct, frozen=True):
    """End a link."""

    link: int


class Drain(msgspec.Struct, frozen=True):
    """Tell with Drained when all that was sent is written."""


class Print(msgspec.Struct, frozen=True):
    """Show a text to the person."""

    text: str


class Ask(msgspec.Struct, frozen=True):
    """Answered by Answered."""

    question: Question


class Kill(msgspec.Struct, frozen=True):
    """Send a signal to the tested process; answered by Answered or Refused."""

    signal: str | int


class Failure(msgspec.Struct, frozen=True):
    """Why a script failed, and where."""

    reason: str
    position: Position
    held: str = ""
    """The message held, as it would stand on the wire."""


class End(msgspec.Struct, frozen=True):
    """The script has ended: well, without a failure. Close everything."""

    failure: Failure | None = None


Effect: TypeAlias = Listen | Connect | StopListening | Send | Close | Drain | Print | Ask | Kill | End
