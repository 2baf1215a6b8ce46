"""Writes an event and its fields to the log, for any handler of `logging`; what deserves a line is decided elsewhere."""

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


def _shown(value: object) -> str:
    """The text of a value, quoted unless it is one word: what a peer wrote cannot look like a field or a line of ours."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)
