"""PURE: how many there are, and which, in words; it does not know of what."""

from collections.abc import Sequence

NAMED = 12
"""Names that stand in a row without being too many to read."""


def count(number: int, noun: str) -> str:
    """Such as ``1 host`` or ``3 hosts``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """The names, or so many of them and how many more there are.

    Args:
        names: In the order in which they are told.
        most: How many are named; one more is named as well, since to say so takes no less room.
    """
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
