"""PURE: parts of a line on a person's terminal: when it was heard, and text that cannot steer the terminal."""

from datetime import datetime


def stamp(when: datetime) -> str:
    """The time of day, to the millisecond.

    Args:
        when: In the person's own time zone.
    """
    return when.strftime("%H:%M:%S.") + f"{when.microsecond // 1000:03d}"


def printable(text: str) -> str:
    """The text with what could steer a terminal made visible."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
