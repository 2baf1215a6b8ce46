"""PURE: what the machine is told; a link is one connection, by the number the shell gave it."""

from dataclasses import dataclass
from typing import TypeAlias

from communicator.reporter.values import Value


@dataclass(frozen=True, slots=True)
class Opened:
    """What was to be opened is: the listener, or the connection as a client, which then is `link`."""

    link: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What the machine asked for cannot be done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A client came to the listener."""

    link: int


@dataclass(frozen=True, slots=True)
class LineReceived:
    """A whole line came, without its newline."""

    link: int
    line: bytes


@dataclass(frozen=True, slots=True)
class BytesReceived:
    """Bytes came, on a link whose bytes are not cut into lines."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class HungUp:
    """A link ended."""

    link: int
    reason: str = ""
    """What went wrong; empty when the other side just closed it."""


@dataclass(frozen=True, slots=True)
class Drained:
    """All that was sent is on its way."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to what was asked of the shell; None where only its being done matters."""

    value: Value = None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline is reached."""


Event: TypeAlias = (
    Opened | Refused | Connected | LineReceived | BytesReceived | HungUp | Drained | Answered | TimePassed
)
