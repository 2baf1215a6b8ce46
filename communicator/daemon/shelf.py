"""Lines that wait for a slow reader who would rather lose the oldest than hold anybody up; it knows no link."""

from collections import deque


class Shelf:
    """Whole lines, oldest first, within a bound.

    Args:
        bytes_max: How much of them is kept.
    """

    __slots__ = ("_bytes_max", "_chunks", "bytes")

    def __init__(self, bytes_max: int) -> None:
        self.bytes = 0
        """How much waits."""
        self._bytes_max = bytes_max
        self._chunks: deque[bytes] = deque()

    def put(self, lines: bytes) -> int:
        """Add lines that came together, and throw away what came first and no longer fits; returns how many lines that was.

        What came together goes together, so that throwing away costs no more than keeping; only of the last the newest lines stay.
        """
        self._chunks.append(lines)
        self.bytes += len(lines)
        dropped = 0
        while self.bytes > self._bytes_max and len(self._chunks) > 1:
            oldest = self._chunks.popleft()
            self.bytes -= len(oldest)
            dropped += oldest.count(b"\n")
        if self.bytes > self._bytes_max:
            dropped += self._trim()
        return dropped

    def take(self) -> bytes:
        """All of it, in order; nothing is left."""
        lines = b"".join(self._chunks)
        self.clear()
        return lines

    def clear(self) -> None:
        """Throw everything away."""
        self._chunks.clear()
        self.bytes = 0

    def _trim(self) -> int:
        only = self._chunks.pop()
        cut = only.find(b"\n", len(only) - self._bytes_max - 1) + 1
        self.bytes = len(only) - cut
        if self.bytes:
            self._chunks.append(only[cut:])
        return only.count(b"\n", 0, cut)
