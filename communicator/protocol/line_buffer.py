"""Cuts a stream of bytes into whole lines, bounded and in one pass; it does not look into a line."""


class LineBuffer:
    """Keeps the unfinished end of a stream until its newline comes.

    Args:
        limit_bytes: The longest line accepted, without its newline.
    """

    __slots__ = ("_pending", "limit_bytes", "too_long")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        """May be raised at any time."""
        self._pending = bytearray()
        self.too_long = False
        """Set once a line beyond the limit was seen; from then on nothing more is returned."""

    @property
    def pending_bytes(self) -> int:
        """How much of an unfinished line is held."""
        return len(self._pending)

    def feed(self, data: bytes | bytearray, size: int | None = None) -> bytes:
        """Take what was read.

        Args:
            data: The next bytes of the stream.
            size: How many of them count, if not all. What is kept is copied, once: a buffer may be read into again.

        Returns:
            All lines that are whole now, each with its newline; empty when there is none. Lines before one that is too long
            are still returned; check `too_long` afterwards.
        """
        if self.too_long:
            return b""
        size = len(data) if size is None else size
        end = data.rfind(b"\n", 0, size) + 1
        if not end:
            self._hold(data, 0, size)
            return b""
        if end == len(data) and not self._pending and isinstance(data, bytes):
            lines = data
        else:
            lines = b"".join((self._pending, memoryview(data)[:end]))
            self._pending.clear()
        if len(lines) > self.limit_bytes:
            lines = self._up_to_long_line(lines)
        if end < size:
            self._hold(data, end, size)
        return lines

    def finish(self) -> bytes:
        """The unfinished line at the end of the stream, with the newline it lacks; empty when there is none."""
        if not self._pending or self.too_long:
            return b""
        line = bytes(self._pending) + b"\n"
        self._pending.clear()
        return line

    def _hold(self, data: bytes | bytearray, begin: int, end: int) -> None:
        if self.too_long or len(self._pending) + end - begin > self.limit_bytes:
            self._overflow()
        else:
            self._pending += memoryview(data)[begin:end]

    def _overflow(self) -> None:
        self.too_long = True
        self._pending.clear()

    def _up_to_long_line(self, lines: bytes) -> bytes:
        """Hop from newline to newline, each hop at most a limit wide: a hop that finds none is a line too long."""
        at, hop = 0, self.limit_bytes + 1
        while at < len(lines):
            newline = lines.rfind(b"\n", at, at + hop)
            if newline < 0:
                self._overflow()
                break
            at = newline + 1
        return lines[:at]
