"""The last word on this host's clock, as the timekeeper said it; the router reads no clock source itself."""

import msgspec

from communicator.router.cores.deadlines import Deadline


class ClockWord(msgspec.Struct, frozen=True):
    """What is said of this host's clock, until when."""

    command: str
    parameters: tuple[tuple[str, str], ...]
    expires_s: float | None
    """On the monotonic clock; None for the word that there is no word."""


CHECKING = ClockWord("CLOCK_UNSTABLE", (("clock_error", "checking"),), None)
"""Until a timekeeper has said something, and when its word has become too old."""


class Clock:
    """Keeps the word for as long as it is fresh.

    Args:
        due: Where it announces when the word is too old.
    """

    def __init__(self, due: Deadline) -> None:
        self.word = CHECKING
        self.due = due

    def take(self, word: ClockWord) -> bool:
        """Keep this word; whether it is news, and no repetition."""
        before, self.word = self.word, word
        self.due.set(word.expires_s)
        return (before.command, before.parameters) != (word.command, word.parameters)
