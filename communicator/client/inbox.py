"""Messages that wait for whoever reads them, and when the router should wait too; it knows no link and no loop."""

from collections import deque

from communicator.protocol.message import Message

SOFT = 64
"""From here on the router waits, unless a reply may be behind these messages."""
HARD = 1_024
"""From here on it waits whatever may be behind: memory stays bounded."""


class Inbox:
    """A queue of received messages with two marks.

    Reading must not stop at once while requests are under way: their replies come through the same link, so a service whose
    handlers all await replies would never move again.

    Args:
        soft: Messages at which reading pauses while no request waits for its reply.
        hard: Messages at which reading pauses always.
    """

    __slots__ = ("_hard", "_messages", "_soft", "dropped", "last_dropped")

    def __init__(self, soft: int = SOFT, hard: int = HARD) -> None:
        self._messages: deque[Message] = deque()
        self._soft = soft
        self._hard = hard
        self.dropped = 0
        """How many messages nobody fetched in time, ever."""
        self.last_dropped = ""
        """The command of the one dropped last."""

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Keep a message; whoever feeds the inbox minds `should_pause`."""
        self._messages.append(message)

    def put_or_drop(self, message: Message) -> bool:
        """Keep a message, at the cost of the oldest one when the inbox is full.

        Returns:
            Whether one was dropped.
        """
        self._messages.append(message)
        if len(self._messages) <= self._hard:
            return False
        self.last_dropped = self._messages.popleft().command
        self.dropped += 1
        return True

    def take(self) -> Message:
        """The oldest message; raises IndexError when there is none."""
        return self._messages.popleft()

    def should_pause(self, *, awaits_replies: bool) -> bool:
        """Whether the router should wait.

        Args:
            awaits_replies: Whether a request is under way on the same link.
        """
        waiting = len(self._messages)
        return waiting >= self._hard or (waiting >= self._soft and not awaits_replies)
