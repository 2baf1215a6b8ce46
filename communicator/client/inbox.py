"""PURE: messages that wait for whoever reads them, and when the router should wait too; it knows no link and no loop."""

from collections import deque

from communicator.protocol.message import Message

MESSAGES = 8_192
"""Default bound: a second of a busy service; a paused link leaves also ALIVE unanswered, so it must be a last resort."""
BYTES = 8 * 1024 * 1024
"""Default bound of what they hold in memory: eight of the longest messages, or all 8,192 of up to 1 KiB."""


class Inbox:
    """A queue of received messages, bounded by their number and by their size.

    Below the bound the link is read on, however slow the reader: ALIVE, HELP, STOP and the replies to our own requests come
    through the same link, and are dealt with before anything is put here.

    Args:
        messages: How many messages are kept before the router should wait.
        size_bytes: How much memory their parameters may take, in bytes.
    """

    __slots__ = ("_bytes", "_messages", "_most", "_most_bytes", "dropped", "last_dropped")

    def __init__(self, messages: int = MESSAGES, size_bytes: int = BYTES) -> None:
        self._messages: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._most = messages
        self._most_bytes = size_bytes
        self.dropped = 0
        """How many messages nobody fetched in time, ever."""
        self.last_dropped = ""
        """The command of the one dropped last."""

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._messages)

    @property
    def is_full(self) -> bool:
        """Whether the bound is reached, so that the router should wait."""
        return len(self._messages) >= self._most or self._bytes >= self._most_bytes

    def put(self, message: Message) -> None:
        """Keep a message; whoever feeds the inbox stops once it `is_full`: what was read by then still fits."""
        size_bytes = _size_bytes(message)
        self._messages.append((message, size_bytes))
        self._bytes += size_bytes

    def put_or_drop(self, message: Message) -> bool:
        """Keep a message, at the cost of the oldest ones when the inbox is full.

        Returns:
            Whether any was dropped.
        """
        before = self.dropped
        while self._messages and self.is_full:
            self.last_dropped = self.take().command
            self.dropped += 1
        self.put(message)
        return self.dropped > before

    def take(self) -> Message:
        """The oldest message; raises IndexError when there is none."""
        message, size_bytes = self._messages.popleft()
        self._bytes -= size_bytes
        return message


def _size_bytes(message: Message) -> int:
    """What the parameters of a message take in memory; names and head are short, and bounded by the number of messages."""
    return sum(map(str.__sizeof__, message.parameters.values()))
