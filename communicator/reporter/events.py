"""PURE: what the machine is told; a link is one connection, by the number the shell gave it."""

from typing import TypeAlias

import msgspec

from communicator.reporter.values import Value


class Refused(msgspec.Struct, frozen=True):
    """What the machine asked for cannot be done."""

    reason: str


class Connected(msgspec.Struct, frozen=True):
    """A client came to the listener."""

    link: int


class LineReceived(msgspec.Struct, frozen=True):
    """A whole line came, without its newline."""

    link: int
    line: bytes


class BytesReceived(msgspec.Struct, frozen=True):
    """Bytes came, on a link whose bytes are not cut into lines."""

    link: int
    data: bytes


class HungUp(msgspec.Struct, frozen=True):
    """A link ended."""

    link: int
    reason: str = ""
    """What went wrong; empty when the other side just closed it."""


class Answered(msgspec.Struct, frozen=True):
    """The answer to what was asked of the shell; None where only its being done matters."""

    value: Value = None


class TimePassed(msgspec.Struct, frozen=True):
    """The deadline is reached."""


Event: TypeAlias = Refused | Connected | LineReceived | BytesReceived | HungUp | Answered | TimePassed
