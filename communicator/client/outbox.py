"""PURE: what is to be sent once there is a link again: bounded, oldest dropped first; it knows no link and writes no log."""

from collections import deque

MESSAGES = 1_000
"""Default bound: a minute of 16 a second."""
BYTES = 4 * 1024 * 1024
"""Default bound of all lines together: a service must not grow because its router is away."""


class Outbox:
    """Keeps encoded lines in order.

    Args:
        messages: How many lines are kept.
        size_bytes: How many bytes are kept.
    """

    __slots__ = ("_bytes", "_lines", "_messages", "_size_bytes", "dropped", "last_dropped")

    def __init__(self, messages: int = MESSAGES, size_bytes: int = BYTES) -> None:
        self._messages = messages
        self._size_bytes = size_bytes
        self._lines: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self.dropped = 0
        """How many messages were dropped, ever."""
        self.last_dropped = ""
        """The command of the one dropped last."""

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._lines)

    def put(self, command: str, line: bytes) -> int:
        """Keep one line.

        Args:
            command: What it says, for the report when it is dropped.
            line: The line with its newline.

        Returns:
            How many were dropped for it, itself included when it alone is beyond the bound.
        """
        self._lines.append((command, line))
        self._bytes += len(line)
        before = self.dropped
        while len(self._lines) > self._messages or self._bytes > self._size_bytes:
            self.last_dropped, dropped = self._lines.popleft()
            self._bytes -= len(dropped)
            self.dropped += 1
        return self.dropped - before

    def pop(self) -> bytes:
        """Take the oldest line; raises IndexError when there is none."""
        _, line = self._lines.popleft()
        self._bytes -= len(line)
        return line
