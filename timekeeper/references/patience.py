"""PURE: when a server may be asked again, and whether at all, after what it answered; it asks nobody and reads no clock."""

from timekeeper.references.answer import Rejection

INTERVAL_S = 64.0
"""Between two questions to one server: the shortest that RFC 5905 lets a client keep up (a poll exponent of 6)."""
OPENING_QUESTIONS = 4
"""At first, each soon after the other: one answer alone may have been slow, and the shortest way gives the narrowest interval."""
OPENING_S = 2.0
"""Between those: as ntpd and chronyd do with `iburst`, and the shortest that a server of ntpd allows (`discard minimum`)."""
LONGEST_S = 86_400.0
"""However often a server asks for fewer questions."""

_LEAVE = frozenset({"DENY", "RSTR"})  # RFC 5905, section 7.4: stop sending to that server
_SLOWER = "RATE"  # the same: ask less often, and less again each time


class Patience:
    """Heeds what one server wants.

    Args:
        interval_s: Between two questions, until the server asks for fewer.
    """

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        self.interval_s = interval_s
        self.given_up = ""
        """The code with which the server forbade to be asked; empty while it may be."""
        self._due_s = float("-inf")
        self._opening = OPENING_QUESTIONS
        """How many questions are still asked soon after each other."""

    def is_due(self, now_s: float) -> bool:
        """Whether the server may be asked.

        Args:
            now_s: On a monotonic clock.
        """
        return not self.given_up and now_s >= self._due_s

    @property
    def opening_due_s(self) -> float | None:
        """When the next of the first questions is due, on a monotonic clock; None once they are asked, or not wanted."""
        return self._due_s if self._opening and not self.given_up else None

    def note_question(self, now_s: float) -> None:
        """The server is being asked."""
        self._opening = max(0, self._opening - 1)
        self._due_s = now_s + (min(OPENING_S, self.interval_s) if self._opening else self.interval_s)

    def note_rejection(self, rejection: Rejection, now_s: float) -> None:
        """The server answered something that fails a test; only a refusal changes when it is asked again."""
        if rejection.kiss_code in _LEAVE:
            self.given_up = rejection.kiss_code
        elif rejection.kiss_code == _SLOWER:
            self._opening = 0
            self.interval_s = min(self.interval_s * 2, LONGEST_S)
            self._due_s = now_s + self.interval_s
