"""Applies the checks of one client to what it says and hears: refuses, counts and logs; it knows no link and no definition."""

import logging

from communicator.client.checks import Checks
from communicator.client.event_log import Repeats
from communicator.client.outcomes import Delivered, Outcome, Settled, Transmit
from communicator.client.session import Session, may_be_refused
from communicator.errors import FaultyReplyError, LocalProtocolError
from communicator.protocol.line_form import encode_line, representable
from communicator.protocol.message import Message

REASON_CHARACTERS = 300
"""How much of a reason its sender is told, as by the router."""

_REFUSALS = frozenset(("INVALID", "UNKNOWN"))
"""Never checked when heard, or two services could refuse each other's refusals for ever."""


class Inspection:
    """Outlives the links of its client, so that its count does too.

    Args:
        checks: What is checked, and how strictly.
    """

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._repeats = Repeats()
        self.faulty_messages = 0
        """How many messages were not as they are defined, said and heard."""

    def check_sent(self, message: Message, server: str) -> None:
        """Check a message before it is sent.

        Args:
            message: What is to be sent.
            server: The server of our router; empty while there is none.

        Raises:
            LocalProtocolError: It is faulty, and checks are enforced.
        """
        reason = self._checks.fault(message, server)
        if not reason:
            return
        if self._checks.is_enforced:
            self.faulty_messages += 1
            raise LocalProtocolError(f"{message.command} may not be sent: {reason}")
        self._tell("out", message, message.destination, reason)

    def receive(self, session: Session, line: bytes, wall_ns: int) -> list[Outcome]:
        """Let a session take a line; what it would tell the user is checked first, and refused where checks are enforced.

        Args:
            session: The conversation.
            line: As for `Session.receive`.
            wall_ns: The same.

        Returns:
            What the shell has to do, in this order.
        """
        outcomes = session.receive(line, wall_ns)
        return [kept for outcome in outcomes for kept in self._inspected(session, outcome)]

    def _inspected(self, session: Session, outcome: Outcome) -> list[Outcome]:
        message = _told_to_user(outcome)
        if message is None or message.command in _REFUSALS or session.is_from_router(message):
            return [outcome]
        reason = self._checks.fault(message, session.server_name)
        if not reason:
            return [outcome]
        self._tell("in", message, message.sender, reason)
        return _refused(outcome, message, reason) if self._checks.is_enforced else [outcome]

    def _tell(self, direction: str, message: Message, peer: str, reason: str) -> None:
        """Count a fault, and log it; only commands that have a definition have any, so a peer cannot make up new ones."""
        self.faulty_messages += 1
        told = {"direction": direction, "command": message.command, "peer": peer or "unknown", "reason": reason}
        kind = f"{direction} {message.command}"
        self._repeats.log(logging.WARNING, "message_faulty", kind=kind, exc_info=False, **told)


def inspection_of(checks: Checks | None) -> Inspection | None:
    """What applies the checks; None where nothing is checked, so that it costs nothing."""
    return None if checks is None or checks.is_off else Inspection(checks)


def _told_to_user(outcome: Outcome) -> Message | None:
    """The message in an outcome that the user of the library will see."""
    match outcome:
        case Delivered(message) | Settled(_, Message() as message):
            return message
        case _:
            return None


def _refused(outcome: Outcome, message: Message, reason: str) -> list[Outcome]:
    """What is done in place of telling the user: the sender is told, and a request ends."""
    instead: list[Outcome] = []
    if may_be_refused(message):
        parameters = {"command": message.command, "message": representable(reason, REASON_CHARACTERS)}
        instead.append(Transmit(encode_line(message.reply("INVALID", parameters))))
    if isinstance(outcome, Settled):
        instead.append(Settled(outcome.token, FaultyReplyError(message.command, message.sender, reason)))
    return instead
