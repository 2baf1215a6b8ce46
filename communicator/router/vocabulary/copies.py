"""What routers say to each other of copies for shadows: SHADOW_COPY, SHADOW_TAKEN and SHADOW_SAID as values, read and written."""

from typing import NamedTuple, Protocol

import msgspec

from communicator.answers.policy import ALL, Shadow
from communicator.answers.shadows import Step, Steps
from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.line_form import encode, encode_value
from communicator.protocol.message import Message, given
from communicator.protocol.names import ROUTER_SERVICE
from communicator.protocol.values import parse_integer, required

_TEXT_CHARACTERS = 256
_NUMBER_MAX = 2**53
_LOAD_MAX = 1e6
"""A load average beyond it is none."""
LOST = "lost"
"""Why a conversation is cut of which an answer was not told."""
_SAYABLE = frozenset((("shadow", ""), ("ended", LOST)))


class Which(NamedTuple):
    """One shadow, as the policy tells it from others."""

    service: str
    version: str
    build: str
    server: str
    """Where it runs."""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One message for a shadow."""

    shadow: Which
    primary: str
    """The server of the primary, whose router waits for `Taken`."""
    conversation: str
    number: int
    ticket: int
    line: bytes
    """Without its newline."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of copies that came one after the other, said once of each, in the order of their tickets."""

    shadow: Which
    ticket: int
    """Of the last one."""
    first: int = 0
    """Of the first one; 0: they are one."""
    messages: int = 1
    """How many have come from the first to the last."""
    refused: str = ""
    """Why they reached nobody; empty: they were handed on."""
    load: float | None = None
    """Of the shadow's host over one minute, by processor."""


class Copied(Protocol):
    """What a link whose messages are copied tells of them; cheap for those that nobody wants."""

    def note_asked(self, data: bytes, messages: int, at_s: float, *, is_mixed: bool) -> bool:
        """Lines go to the link; whether they are to be looked at later.

        Args:
            data: The lines, each with its newline.
            messages: How many they are.
            at_s: When.
            is_mixed: They may have several senders.
        """

    def note_said(self, front: bytes, lines: bytes, at_s: float, *, is_mixed: bool) -> bool:
        """Lines have come from the link; whether they are to be looked at later.

        Args:
            front: Where the first line goes.
            lines: All of them.
            at_s: When.
            is_mixed: They may go to several.
        """


class Both(NamedTuple):
    """Two of them for one link."""

    first: Copied
    second: Copied

    def note_asked(self, data: bytes, messages: int, at_s: float, *, is_mixed: bool) -> bool:
        """See `Copied`."""
        is_noted = self.first.note_asked(data, messages, at_s, is_mixed=is_mixed)
        return self.second.note_asked(data, messages, at_s, is_mixed=is_mixed) or is_noted

    def note_said(self, front: bytes, lines: bytes, at_s: float, *, is_mixed: bool) -> bool:
        """See `Copied`."""
        is_noted = self.first.note_said(front, lines, at_s, is_mixed=is_mixed)
        return self.second.note_said(front, lines, at_s, is_mixed=is_mixed) or is_noted


def which(shadow: Shadow) -> Which:
    """The shadow of an entry of the policy."""
    return Which(shadow.service, shadow.version, shadow.build, shadow.server)


class CopyWriter:
    """Writes SHADOW_COPY for one shadow, addressed to its router: what is the same in all of them is written once.

    Args:
        shadow: The shadow.
        server: The name of this router, which signs them.
    """

    def __init__(self, shadow: Which, server: str) -> None:
        front = given(build=shadow.build, conversation="0")
        message = Message("SHADOW_COPY", front, ROUTER_SERVICE, shadow.server, server, ROUTER_SERVICE)
        self._front = encode(message).decode()[:-1]
        behind = given(service=shadow.service, ticket="0", version=shadow.version)
        rest = encode(Message("SHADOW_COPY", behind)).decode()
        # A service has a name, so that nothing of it looks like the ticket.
        between, ticket, end = rest.removeprefix("SHADOW_COPY ").partition(";ticket=0")
        self._between = f";{between}{ticket[:-1]}"
        self._end = f"{end}\n"

    def write(self, copy: Copy) -> bytes:
        """One copy, as a line with its newline.

        Raises:
            LocalProtocolError: The copy cannot be written as a line, for example because it would be too long.
            UnicodeDecodeError: What is copied is no text.
        """
        line = encode_value("line", copy.line.decode())
        whole = (
            f"{self._front}{copy.conversation};line={line};number={copy.number}{self._between}{copy.ticket}{self._end}"
        )
        written = whole.encode()
        if len(written) > LINE_BYTES_HARD + 1:
            raise LocalProtocolError(f"a copy would take {len(written)} bytes, more than {LINE_BYTES_HARD}")
        return written


def read_copy(message: Message, server: str) -> Copy:
    """Read SHADOW_COPY.

    Args:
        message: What another router says.
        server: The name of this one, where the shadow is to be.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong; the text names it.
    """
    return Copy(
        shadow=_read_which(message, server),
        primary=message.sent_from_server,
        conversation=required(message, "conversation")[:_TEXT_CHARACTERS],
        number=_read_number(message, "number"),
        ticket=_read_number(message, "ticket"),
        line=required(message, "line").encode(),
    )


def write_taken(taken: Taken, primary: str) -> Message:
    """SHADOW_TAKEN, addressed to the router of the primary."""
    shadow = taken.shadow
    told = given(service=shadow.service, version=shadow.version, build=shadow.build)
    told |= given(ticket=str(taken.ticket), refused=taken.refused)
    if taken.messages > 1:
        told |= {"first": str(taken.first), "messages": str(taken.messages)}
    if taken.load is not None:
        told["load"] = f"{taken.load:.3f}"
    return Message("SHADOW_TAKEN", told, ROUTER_SERVICE, primary)


def read_taken(message: Message) -> Taken:
    """Read SHADOW_TAKEN.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong; the text names it.
    """
    return Taken(
        shadow=_read_which(message, message.sent_from_server),
        ticket=_read_number(message, "ticket"),
        first=_read_number(message, "first") if message.get("first") else 0,
        messages=_read_number(message, "messages") if message.get("messages") else 1,
        refused=message.get("refused")[:_TEXT_CHARACTERS],
        load=_read_load(message),
    )


def write_said(shadow: Which, steps: tuple[Step, ...], primary: str) -> Message:
    """SHADOW_SAID, addressed to the router of the primary."""
    told = Steps(service=shadow.service, version=shadow.version, build=shadow.build, server=shadow.server, steps=steps)
    return Message("SHADOW_SAID", {"steps": msgspec.json.encode(told).decode()}, ROUTER_SERVICE, primary)


def read_said(message: Message) -> tuple[Which, tuple[Step, ...]]:
    """Read SHADOW_SAID: of which shadow of the host that says it, and what that has said.

    Raises:
        RemoteProtocolError: It is not of that form, or tells of anything but what a shadow has said.
    """
    try:
        told = msgspec.json.decode(required(message, "steps"), type=Steps)
    except msgspec.DecodeError as error:
        raise RemoteProtocolError(f"parameter steps: {error}") from None
    for step in told.steps:
        if (step.what, step.cut) not in _SAYABLE or step.after_s < 0:
            raise RemoteProtocolError(
                f"parameter steps: {step.what!r} is nothing that a shadow has said, or has no time"
            )
    return Which(told.service, told.version, told.build, message.sent_from_server), told.steps


def _read_which(message: Message, server: str) -> Which:
    service, build = required(message, "service"), message.get("build", ALL)
    return Which(
        service[:_TEXT_CHARACTERS], message.get("version")[:_TEXT_CHARACTERS], build[:_TEXT_CHARACTERS], server
    )


def _read_number(message: Message, name: str) -> int:
    number = parse_integer(required(message, name))
    if not 0 <= number <= _NUMBER_MAX:
        raise RemoteProtocolError(f"parameter {name}: {number} is not between 0 and {_NUMBER_MAX}")
    return number


def _read_load(message: Message) -> float | None:
    text = message.get("load")
    try:
        load = float(text) if text else None
    except ValueError:
        raise RemoteProtocolError(f"parameter load: {text[:80]!r} is not a number") from None
    if load is not None and not 0 <= load <= _LOAD_MAX:
        raise RemoteProtocolError(f"parameter load: {text[:80]!r} is not between 0 and {_LOAD_MAX:g}")
    return load
