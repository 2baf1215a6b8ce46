"""PURE: what the machine wants done; the shell does it in order, and tells what came of it where a comment says so."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True)
class Listen:
    """Open the listener; answered by Opened or Refused."""

    address: Address
    transport: Transport
    cut_lines: bool
    """Whether what comes is told line by line."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect as a client; answered by Opened or Refused."""

    address: Address
    transport: Transport
    cut_lines: bool


@dataclass(frozen=True, slots=True)
class StopListening:
    """Close the listener; its links stay."""


@dataclass(frozen=True, slots=True)
class Send:
    """Write to a link."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End a link."""

    link: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Tell with Drained when all that was sent is written."""


@dataclass(frozen=True, slots=True)
class Print:
    """Show a text to the person."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered by Answered."""

    question: Question


@dataclass(frozen=True, slots=True)
class Kill:
    """Send a signal to the tested process; answered by Answered or Refused."""

    signal: str | int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script failed, and where."""

    reason: str
    position: Position
    held: str = ""
    """The message held, as it would stand on the wire."""


@dataclass(frozen=True, slots=True)
class End:
    """The script has ended: well, without a failure. Close everything."""

    failure: Failure | None = None


Effect: TypeAlias = Listen | Connect | StopListening | Send | Close | Drain | Print | Ask | Kill | End
