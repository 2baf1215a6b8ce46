"""PURE: what every source about the local clock looks like: a name and a question; it knows no daemon's protocol."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeAlias

from timekeeper.discipline import Discipline, NoAnswer

Question: TypeAlias = Callable[[], Coroutine[None, None, Discipline | NoAnswer]]
"""Asks, within a deadline of its own; it never raises for what a daemon does or fails to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """Someone who can be asked about the clock."""

    daemon: str
    """Whose word it gives, by the name that `time_daemons` has for it."""
    ask: Question


def switched_off(daemon: str, key: str) -> Source:
    """A source that the settings forbid to ask.

    Args:
        daemon: Whose word is missing.
        key: How the settings call the source.

    Returns:
        One that says so whenever it is asked.
    """

    async def refuse() -> NoAnswer:
        return NoAnswer(f"{key} is switched off in the settings")

    return Source(daemon, refuse)
