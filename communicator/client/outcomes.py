"""PURE: what a session asks of its shell, as values; nothing here does anything."""

import msgspec

from communicator.errors import ClientError, ProtocolError, RegistrationRefusedError, VersionBlockedError
from communicator.protocol.message import Message


class Transmit(msgspec.Struct, frozen=True):
    """Write these lines to the router."""

    data: bytes


class Registered(msgspec.Struct, frozen=True):
    """The router has answered REGISTER."""

    error: RegistrationRefusedError | VersionBlockedError | None = None
    """Why it would not have this service: the link is of no more use then."""


class Delivered(msgspec.Struct, frozen=True):
    """A message that answered no request."""

    message: Message
    is_settled: bool = False
    """The session did all there is to do: who wants may look, nobody has to answer."""


class Settled(msgspec.Struct, frozen=True):
    """A request has its answer, or will never have one."""

    token: int
    answer: Message | ClientError


class RouterLeaves(msgspec.Struct, frozen=True):
    """The router said that it ends: nothing sent from now on would arrive."""


class StopAsked(msgspec.Struct, frozen=True):
    """This service was told to end."""

    by: str


class LineSkipped(msgspec.Struct, frozen=True):
    """A line that is no message, or cannot be answered; the rest of the stream is still good."""

    line: bytes
    error: ProtocolError


Outcome = Transmit | Registered | Delivered | Settled | RouterLeaves | StopAsked | LineSkipped
