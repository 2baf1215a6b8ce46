"""Writes events and their fields to the log, for any handler of `logging`, and of many equal ones few."""

import logging

LOGGER = "communicator.client"

_log = logging.getLogger(LOGGER)


def log_event(level: int, event: str, /, *, exc_info: bool = False, **fields: object) -> None:
    """Log an event: as ``event name=value …`` where logging is plain; the record carries `event` and `fields` for other formats.

    Args:
        level: Of `logging`, such as ``logging.INFO``.
        event: Its name, always the same for the same thing.
        exc_info: Whether the exception being handled is shown too.
        fields: What it is about; none of them a secret.
    """
    text = " ".join([event, *(f"{name}=%s" for name in fields)])
    extra = {"event": event, "fields": fields}
    _log.log(level, text, *map(_shown, fields.values()), exc_info=exc_info, extra=extra, stacklevel=2)


class Repeats:
    """Counts events by name; the 1st, 2nd, 4th, 8th … deserve a line: whoever can cause one at will cannot fill the log with it."""

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
        count = self._counts[event] = self._counts.get(event, 0) + 1
        return 0 if count & (count - 1) else count

    def log(self, level: int, event: str, /, *, kind: str = "", exc_info: bool = False, **fields: object) -> None:
        """Count an event, and log it with its number when it deserves a line; arguments are those of `log_event`, and `kind`.

        Args:
            level: As there.
            event: The same.
            kind: What is counted, where that is not the event alone.
            exc_info: As there.
            fields: The same.
        """
        if count := self.due(kind or event):
            log_event(level, event, exc_info=exc_info, **fields, count=count)


def _shown(value: object) -> str:
    """The text of a value, quoted unless it is one word: what a peer wrote cannot look like a field or a line of ours."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)
