"""Virtual time, and what is to happen in it, in order; it does not know what that is."""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

ACTIONS_AT_ONCE = 200_000
"""So many actions without time moving on are a loop: 200 routers that all hear of each other at one moment are fewer."""
EVENTS_KEPT = 100
EVENT_CHARACTERS = 260


class ViolationError(AssertionError):
    """A promise of the router was broken, or one of the simulator's own."""


class Agenda:
    """Actions in the order of their times; those of one time in the order they were entered."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._still = 0

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Do something at a time; at once when it is past."""
        heapq.heappush(self._queue, (max(time_s, self.now_s), next(self._order), action))

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do something in a while."""
        self.at(self.now_s + delay_s, action)

    def run(self, until_s: float) -> None:
        """Let time pass.

        Raises:
            ViolationError: It stands still because something always has one more thing to do at once.
        """
        while self._queue and self._queue[0][0] <= until_s:
            time_s, _, action = heapq.heappop(self._queue)
            self._still = self._still + 1 if time_s == self.now_s else 0
            if self._still > ACTIONS_AT_ONCE:
                raise ViolationError(f"time stands still at {time_s:.6f} s")
            self.now_s = time_s
            action()
        self.now_s = max(self.now_s, until_s)


class Journal:
    """The last events, as they are printed when something is found."""

    def __init__(self, agenda: Agenda, kept: int | None = EVENTS_KEPT) -> None:
        self._agenda = agenda
        self._kept: deque[tuple[float, str, str, object]] = deque(maxlen=kept)
        self.events = 0

    def note(self, who: str, what: str, about: object = "") -> None:
        """Keep an event; it is turned into text only when it is printed."""
        self.events += 1
        self._kept.append((self._agenda.now_s, who, what, about))

    def text(self) -> str:
        """One line per event kept."""
        return "\n".join(
            f"{time_s:11.6f} {who:<8} {what:<6} {about!s:.{EVENT_CHARACTERS}}"
            for time_s, who, what, about in self._kept
        )


@dataclass(slots=True)
class Stage:
    """What everything in one simulation shares."""

    random: Random
    events_kept: int | None = EVENTS_KEPT
    """How many the journal holds; None for all."""
    agenda: Agenda = field(default_factory=Agenda)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.agenda, self.events_kept)
