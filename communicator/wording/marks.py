"""PURE: how well something is, at a glance: marks that need no colour; they do not know what they are put on."""

from collections.abc import Collection
from typing import NamedTuple


class Mark(NamedTuple):
    """How well something is, by its shape, and by its colour besides."""

    sign: str
    tone: str
    """``good``, ``doubtful``, ``bad``, ``open`` or ``gone``: whoever shows it knows a colour for each."""


GOOD = Mark("✔", "good")
DOUBTFUL = Mark("⚠", "doubtful")
BAD = Mark("✖", "bad")
UNKNOWN = Mark("?", "doubtful")
OPEN = Mark("◌", "open")
SUSPECT = Mark("‖", "doubtful")
TRIED = Mark("◐", "doubtful")
GONE = Mark("·", "gone")

WORST_FIRST = (BAD, TRIED, SUSPECT, DOUBTFUL, UNKNOWN, OPEN, GOOD, GONE)


def worst(marks: Collection[Mark]) -> Mark:
    """The one that a person has to see first; of none, that there is nothing."""
    return next((mark for mark in WORST_FIRST if mark in marks), GONE)
