"""Who sends to whom: the traffic shapes, and the very lines that are sent; it must not know any server's protocol."""

from dataclasses import dataclass

BROADCAST_TOPIC = "NOTIFY"
LINE_BYTES = (100, 1024)
"""Sizes of a line with its newline: a typical status message, and a large one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many send, how many receive, and whether each message goes to one of them or to all."""

    name: str
    senders: int
    receivers: int
    broadcast: bool = False

    @property
    def sender_names(self) -> tuple[str, ...]:
        """Names of equal length, so that frames are."""
        return tuple(f"sender_{i}" for i in range(self.senders))

    @property
    def receiver_names(self) -> tuple[str, ...]:
        """The same for the receivers."""
        return tuple(f"receiver_{i}" for i in range(self.receivers))

    @property
    def topics(self) -> tuple[str, ...]:
        """What is sent to, in turn."""
        return (BROADCAST_TOPIC,) if self.broadcast else self.receiver_names

    @property
    def copies(self) -> int:
        """How many receivers get each message."""
        return self.receivers if self.broadcast else 1


SHAPES = (
    Shape("1:1", 1, 1),
    Shape("1:8", 1, 8),
    Shape("8:1", 8, 1),
    Shape("broadcast", 1, 8, broadcast=True),
)


FILLED = "data="
"""The parameter that fills a line up."""


def make_line(topic: str, size_bytes: int, parameters: str = FILLED) -> bytes:
    """One line to a topic: our router reads its address from it, to the others it is the payload.

    Args:
        topic: A receiver's name, or `BROADCAST_TOPIC`.
        size_bytes: Its length, newline included.
        parameters: What it says; the value of the last one is filled up.
    """
    head = f"./{topic} {parameters}" if topic == BROADCAST_TOPIC else f"{topic}/PAYLOAD {parameters}"
    return head.encode() + b"x" * (size_bytes - len(head) - 1) + b"\n"
