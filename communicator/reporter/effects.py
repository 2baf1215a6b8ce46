"""PURE: what the machine wants done; the shell does it in order, and tells what came of it where a comment says so."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from communicator.errors import ScriptFailedError
from communicator.reporter.values import Address


class Transport(StrEnum):
    """What a connection runs over."""

    TCP = "tcp"
    UNIX = "unix"
    UDP = "udp"


class Question(StrEnum):
    """What only the shell knows; answered by Answered."""

    NOW = "now"
    """A Timestamp."""
    HOSTNAME = "hostname"
    """A string."""
    MAX_PID = "max_pid"
    """An integer: the largest process identifier of this machine."""
    RANDOM = "random"
    """An integer of 64 bits, with a sign."""


class Open(msgspec.Struct, frozen=True):
    """Open the listener, or connect as a client; answered by Answered, of a client with its link, or Refused."""

    address: Address
    transport: Transport
    as_client: bool
    cut_lines: bool
    """Whether what comes is told line by line."""


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
    """Answered once all that was sent is on its way."""


class Print(msgspec.Struct, frozen=True):
    """Show a text to the person."""

    text: str


class Kill(msgspec.Struct, frozen=True):
    """Send a signal to the tested process; answered by Answered or Refused."""

    signal: str | int


class End(msgspec.Struct, frozen=True):
    """The script has ended: well, without a failure. Close everything."""

    failure: ScriptFailedError | None = None


Effect: TypeAlias = Open | StopListening | Send | Close | Drain | Print | Question | Kill | End
