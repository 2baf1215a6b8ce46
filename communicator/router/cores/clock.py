"""The last word on this host's clock, as the timekeeper said it; the router reads no clock source itself."""

import msgspec


class ClockWord(msgspec.Struct, frozen=True):
    """What is said of this host's clock, until when."""

    command: str
    parameters: tuple[tuple[str, str], ...]
    expires_s: float | None
    """On the monotonic clock; None for the word that there is no word."""

    def says_the_same(self, other: "ClockWord") -> bool:
        """Whether repeating it would be no news."""
        return (self.command, self.parameters) == (other.command, other.parameters)


CHECKING = ClockWord("CLOCK_UNSTABLE", (("clock_error", "checking"),), None)
"""Until a timekeeper has said something, and when its word has become too old."""
