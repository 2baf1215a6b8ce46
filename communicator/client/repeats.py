"""PURE: which of many equal events deserves a line of the log: the 1st, 2nd, 4th, 8th …; it writes none itself."""


class Repeats:
    """Counts events by name, so that whoever can cause one at will cannot fill the log with it."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def due(self, event: str) -> int:
        """Count an event.

        Args:
            event: Its name: one of few, never a text that a peer chose.

        Returns:
            How many there were, this one included, when it deserves a line; 0 when it does not.
        """
        count = self._counts.get(event, 0) + 1
        self._counts[event] = count
        return 0 if count & (count - 1) else count
