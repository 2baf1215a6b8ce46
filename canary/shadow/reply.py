"""PURE: one reply of primary or shadow, read as far as it is compared; it is compared elsewhere."""

from collections.abc import Mapping
from typing import NamedTuple

from communicator.answers.shadows import Step
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.line_form import decode

ENVELOPE = frozenset(
    (
        "ack",
        "ack_id",
        "broadcast_hops",
        "broadcast_informed_neighbors",
        "broadcast_msgid",
        "broadcast_originator",
        "broadcast_timeout",
        "broadcast_to",
        "cache",
        "correlation_id",
        "deliver",
        "hops_left",
        "secret_code",
        "secure_remote",
        "shadow",
        "shadow_id",
        "to_version",
        "trace",
        "transmission_report",
    )
)
"""What any message may have: how it travels, not what it says."""


class Reply(NamedTuple):
    """What was said."""

    command: str
    content: Mapping[str, str]
    """Its parameters without the envelope."""
    addressee: str
    number: int = -1
    """Of the message it answers; -1: not known."""
    correlation_id: str = ""
    """Empty: it has none."""
    after_s: float = 0.0
    """How long after that message; 0: not known."""

    @property
    def anchor(self) -> int:
        """What the same reply has in common in the streams of two shadows."""
        return hash((self.number, self.addressee, self.command, *self.content.items()))

    def contradicts(self, other: "Reply") -> bool:
        """Whether the two are known to answer different messages."""
        numbers, ids = {self.number, other.number} - {-1}, {self.correlation_id, other.correlation_id} - {""}
        return len(numbers) > 1 or len(ids) > 1


def read_message(line: str) -> Message | None:
    """What was written; None: nobody can read it."""
    try:
        return decode(line.encode())
    except (RemoteProtocolError, UnicodeEncodeError):
        return None


def read_reply(step: Step) -> Reply | None:
    """A step of primary or shadow as a reply; None: nobody can read it."""
    message = read_message(step.line)
    if message is None:
        return None
    return Reply(
        message.command,
        content_of(message),
        message.destination,
        step.number,
        message.get("correlation_id"),
        step.after_s,
    )


def content_of(message: Message) -> dict[str, str]:
    """The parameters of a message without its envelope."""
    return {name: value for name, value in message.parameters.items() if name not in ENVELOPE}
