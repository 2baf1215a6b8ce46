"""PURE: one registration with a router, from REGISTER to the end of the link: lines in, outcomes out; no socket, clock or log.

.. code-block:: text

    REGISTERING --READY--------------------------------> READY
         |------INVALID command=REGISTER---------------> REFUSED
         |------VERSION_BLOCKED------------------------> REFUSED

HELP comes before READY and is answered with COMMANDS, without which a router broadcasts nothing to us. An elder router, the
C++ communicatord, does not know CLUSTER_GET_STATUS and says UNKNOWN: it is then asked with CLUSTER_STATUS, whose two answers
say the same.

A copy for a shadow is marked as one (``shadow``, ``shadow_id``). Where such a mark reaches a service that is none, somebody has
forged it, and the session takes it off.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import ClassVar

import msgspec

from communicator import errors
from communicator.answers.services import Role
from communicator.client import status
from communicator.client.correlation import Correlator, OwnRouter, Request
from communicator.client.identity import Identity
from communicator.client.outcomes import (
    Delivered,
    LineSkipped,
    Outcome,
    Registered,
    RouterLeaves,
    Settled,
    StopAsked,
    Transmit,
)
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import (
    BROADCAST_SERVICES,
    CORRELATION,
    SHADOW,
    SHADOW_ID,
    is_command_name,
)
from communicator.protocol.values import format_timestamp, parse_duration_s

REQUIRED_COMMANDS = frozenset(("HELP", "QUITTING", "READY", "STOP", "UNKNOWN"))
"""What every service must list, or a C++ router may end."""

OWN_COMMANDS = (
    REQUIRED_COMMANDS
    | status.CLUSTER_COMMANDS
    | status.CLOCK_COMMANDS
    | {"ABSOLUTELY", "ALIVE", "DISCONNECTING", "INVALID", "SERVICE_UNAVAILABLE", "TRANSMISSION_REPORT"}
)
"""What a session understands by itself."""

CANARY = "canary"
"""Who asks the services of its host how they do, and hears more than that they live."""


class State(Enum):
    """How far the registration is."""

    REGISTERING = "registering"
    READY = "ready"
    REFUSED = "refused"


class Session:
    """The conversation over one link.

    Args:
        identity: Who registers.
        commands: What the service handles, beyond `OWN_COMMANDS`.
        role: Takes the place of the identity's role, where not empty.
        tells_health: Whether the canary's ALIVE is delivered, and answered by the service itself.
        link_id: As of `Correlator`: drawn by the shell for each link.

    Raises:
        LocalProtocolError: A command could not be one.
    """

    def __init__(
        self,
        identity: Identity,
        commands: Iterable[str] = (),
        role: str = "",
        *,
        tells_health: bool = False,
        link_id: str = "",
    ) -> None:
        self._identity = identity
        self._tells_health = tells_health
        self._registration = identity.registration(role)
        self._commands = OWN_COMMANDS | set(commands)
        for command in self._commands:
            if not is_command_name(command):
                raise errors.LocalProtocolError(f"{command!r} cannot be a command: upper case letters, digits and '_'")
        self._router = OwnRouter()
        self.requests = Correlator(self._router, link_id)
        """Those that wait for their answer."""
        self.state = State.REGISTERING
        self.role = self._registration.get("role")
        """What it is there for: as the router told, else as it registers."""
        self.is_leaving = False
        """Whether the router said that it ends."""
        self.cluster_status: status.ClusterStatus | None = None
        """What the router last said of the cluster; None until it did."""
        self.clock_status: status.ClockStatus | None = None
        """What the router last said of the clock; None until it did."""

    @property
    def server_name(self) -> str:
        """The router's server; empty before READY."""
        return self._router.server

    def is_from_router(self, message: Message) -> bool:
        """Whether our own router said this, or may have: a C++ one does not sign all it says."""
        return self._router.is_sender(message) or self._router.may_be_unsigned_sender(message)

    def understands(self, command: str) -> bool:
        """Whether this command was, or will be, listed in COMMANDS."""
        return command in self._commands

    def register(self) -> bytes:
        """The line to send first.

        Raises:
            LocalProtocolError: A text of the identity has no encoding.
        """
        return encode_line(self._registration)

    def unregister(self) -> bytes:
        """The line to send last."""
        return encode_line(Message("UNREGISTER", {"service": self._identity.service}))

    def request(self, message: Message, replies: Iterable[str]) -> tuple[int, bytes]:
        """Prepare a request.

        Args:
            message: What to ask.
            replies: The commands that may answer it.

        Returns:
            The token its `Settled` will carry, and the lines to send.

        Raises:
            LocalProtocolError: The message has no encoding.
            ValueError: No reply is named, or one could not be a command.
        """
        expected = _checked_replies(message, replies)
        parameters = {"transmission_report": "failure"} | self.requests.next_ids(message) | message.parameters
        asked = Message(message.command, parameters, message.service, message.server)
        line = encode_line(asked)
        unlisted = expected - self._commands
        if unlisted:
            self._commands |= unlisted
            line = self._commands_line(Message("COMMANDS")) + line
        return self.requests.add(asked, expected).token, line

    def link_lost(self, why: str) -> list[Settled]:
        """Fail what still waits.

        Args:
            why: What happened to the link.
        """
        error = errors.NotConnectedError(f"the link to the router was lost before the answer came: {why}")
        return [Settled(request.token, error) for request in self.requests.take_all()]

    def receive(self, line: bytes, wall_ns: int) -> list[Outcome]:
        """Take one line from the router.

        Args:
            line: The line, with or without its newline.
            wall_ns: Nanoseconds since the epoch, for an answer to ALIVE.

        Returns:
            What the shell has to do, in this order; an unreadable line is reported, never raised.
        """
        try:
            message = self._unforged(decode(line))
            if message.command == "ALIVE":
                if self._tells_health and (message.sent_from_server, message.sent_from_service) == (
                    self.server_name,
                    CANARY,
                ):
                    return [Delivered(message)]
                return [Transmit(encode_line(answer_to_alive(message, wall_ns)))]
        except errors.ProtocolError as error:  # no message, or an ALIVE whose echo has no encoding
            return [LineSkipped(line, error)]
        handle = self._RULES.get(message.command)
        if handle is None:
            return self._answer_or_deliver(message)
        return handle(self, message)

    def _unforged(self, message: Message) -> Message:
        """The message, without what marks a copy for a shadow where this is none."""
        if self.role == Role.SHADOW or not (SHADOW in message.parameters or SHADOW_ID in message.parameters):
            return message
        kept = {name: value for name, value in message.parameters.items() if name not in (SHADOW, SHADOW_ID)}
        return msgspec.structs.replace(message, parameters=kept)

    def _answer_or_deliver(self, message: Message, *, is_settled: bool = False) -> list[Outcome]:
        request = self.requests.take_answered(message)
        if request is not None:
            return [Settled(request.token, message)]
        return [Delivered(message, is_settled)]

    def _settle(self, request: Request | None, error: errors.ClientError, message: Message) -> list[Outcome]:
        return [Delivered(message) if request is None else Settled(request.token, error)]

    def _commands_line(self, answer: Message) -> bytes:
        listed = {"list": ",".join(sorted(self._commands))}
        return encode_line(Message(answer.command, listed, answer.service, answer.server))

    def _help(self, message: Message) -> list[Outcome]:
        return [Transmit(self._commands_line(message.reply("COMMANDS")))]

    def _ready(self, message: Message) -> list[Outcome]:
        if self.state is not State.REGISTERING or not self._router.is_sender(message):
            return [Delivered(message, is_settled=True)]
        self.state = State.READY
        self._router.server = message.sent_from_server
        self._router.knows_ids = CORRELATION in message.get("features").split(",")
        self.role = message.get("role") or self.role
        questions = encode_line(Message("CLUSTER_GET_STATUS")) + encode_line(Message("CLOCK_STATUS"))
        return [Transmit(questions), Registered(), Delivered(message, is_settled=True)]

    def _version_blocked(self, message: Message) -> list[Outcome]:
        if self.state is not State.REGISTERING or not self._router.is_sender(message):
            return self._answer_or_deliver(message)
        self.state = State.REFUSED
        allowed = message.get("probe_allowed").lower() in ("true", "yes", "1")
        reason = message.get("reason", "no reason given")
        return [Registered(errors.VersionBlockedError(reason, _span_s(message.get("until_s")), allowed))]

    def _refusal(self, message: Message) -> list[Outcome]:
        """INVALID or UNKNOWN: of our REGISTER, of our question to an elder router, of a request, or of a plain message."""
        answered = self.requests.take_answered(message)
        if answered is not None:
            return [Settled(answered.token, message)]
        refused = message.get("command")
        by_router = self._router.is_sender(message)
        if self.state is State.REGISTERING and refused in ("REGISTER", "") and by_router:
            self.state = State.REFUSED
            reason = message.get("message", "no reason given")
            return [Registered(errors.RegistrationRefusedError(self._identity.service, reason))]
        outcomes: list[Outcome] = []
        if refused == "CLUSTER_GET_STATUS" and by_router and not self._router.is_elder:
            self._router.is_elder = True
            outcomes.append(Transmit(encode_line(Message("CLUSTER_STATUS"))))
        reason = message.get("message") or _refusal_in_words(message)
        request = self.requests.take_refused(refused, message)
        if request is None and outcomes:
            return outcomes
        return outcomes + self._settle(request, errors.MessageRefusedError(refused, reason), message)

    def _transmission_report(self, message: Message) -> list[Outcome]:
        if message.get("status") == "failed":
            return self._undelivered(message, message.get("command"))
        if message.get("status") == "cached" and self._router.is_sender(message):
            self.requests.keep(message.get("command"), message)
        return self._answer_or_deliver(message, is_settled=True)

    def _service_unavailable(self, message: Message) -> list[Outcome]:
        return self._undelivered(message, message.get("unsent_command"))

    def _undelivered(self, message: Message, command: str) -> list[Outcome]:
        if not self._router.is_sender(message):
            return self._answer_or_deliver(message)
        request = self.requests.take_undelivered(command, message)
        destination = request.destination if request is not None else message.get("destination_service")
        return self._settle(request, errors.NoReceiverError(destination, command), message)

    def _cluster_status(self, message: Message) -> list[Outcome]:
        if self._router.is_sender(message):
            self.cluster_status = status.read_cluster_status(message, self.cluster_status)
        return self._answer_or_deliver(message, is_settled=True)

    def _clock_status(self, message: Message) -> list[Outcome]:
        if self._router.is_sender(message):
            self.clock_status = status.read_clock_status(message)
        return self._answer_or_deliver(message, is_settled=True)

    def _absolutely(self, message: Message) -> list[Outcome]:
        return self._answer_or_deliver(message, is_settled=True)

    def _stop(self, message: Message) -> list[Outcome]:
        return [StopAsked(message.sender)]

    def _leaving(self, message: Message) -> list[Outcome]:
        if not self._router.is_sender(message):
            return self._answer_or_deliver(message, is_settled=True)
        self.is_leaving = True
        return [RouterLeaves()]

    _RULES: ClassVar[Mapping[str, Callable[["Session", Message], list[Outcome]]]] = {
        **dict.fromkeys(status.CLUSTER_COMMANDS, _cluster_status),
        **dict.fromkeys(status.CLOCK_COMMANDS, _clock_status),
        "ABSOLUTELY": _absolutely,
        "DISCONNECTING": _leaving,
        "HELP": _help,
        "INVALID": _refusal,
        "QUITTING": _leaving,
        "READY": _ready,
        "SERVICE_UNAVAILABLE": _service_unavailable,
        "STOP": _stop,
        "TRANSMISSION_REPORT": _transmission_report,
        "UNKNOWN": _refusal,
        "VERSION_BLOCKED": _version_blocked,
    }


def may_be_refused(message: Message) -> bool:
    """Whether its sender may be told INVALID or UNKNOWN: not who spoke to everybody, cannot be told, or would answer that."""
    addressed = message.service and message.service not in BROADCAST_SERVICES
    return bool(addressed and message.sent_from_service) and message.command not in OWN_COMMANDS


def _checked_replies(message: Message, replies: Iterable[str]) -> frozenset[str]:
    expected = frozenset(replies)
    if not expected:
        raise ValueError(f"name at least one command that answers {message.command}, or use send()")
    for command in expected:
        if not is_command_name(command):
            raise ValueError(f"{command!r} cannot be the name of a reply: upper case letters, digits and '_'")
    return expected


def answer_to_alive(alive: Message, wall_ns: int, told: Mapping[str, str] | None = None) -> Message:
    """The answer to ALIVE: its own parameters come back.

    Args:
        alive: The question.
        wall_ns: Nanoseconds since the epoch.
        told: What it says besides.
    """
    parameters = {name: alive.parameters[name] for name in ("serial", "timestamp") if alive.get(name)}
    return alive.reply("ABSOLUTELY", {**parameters, "reply_timestamp": format_timestamp(wall_ns), **(told or {})})


def _span_s(text: str) -> float | None:
    try:
        return parse_duration_s(text)
    except errors.RemoteProtocolError:
        return None


def _refusal_in_words(message: Message) -> str:
    who = message.sent_from_service or "the receiver"
    return f"{who} does not know this command" if message.command == "UNKNOWN" else f"{who} gave no reason"
