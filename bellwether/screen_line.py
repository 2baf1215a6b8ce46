"""PURE: when a line on a person's terminal was heard; it does not know what the line says."""

from datetime import datetime


def stamp(when: datetime) -> str:
    """The time of day, to the millisecond.

    Args:
        when: In the person's own time zone.
    """
    return when.strftime("%H:%M:%S.") + f"{when.microsecond // 1000:03d}"
