"""PURE: what has to be seen to at a certain time, the earliest first; it does not do it."""

import heapq
from enum import Enum, auto
from itertools import count
from typing import NamedTuple


class Task(Enum):
    """What is to be seen to."""

    PASS = auto()
    """A run may have lasted long enough,"""
    CLOSE = auto()
    """or everything about its end was told."""
    ABSENT = auto()
    """The router has told of all runs it has."""
    EARLY = auto()
    """Words about a run that nobody knows have waited long enough."""
    GIVE_UP = auto()
    """The last run of a service that was given up is known."""


class Alarm(NamedTuple):
    """One of them."""

    due_s: float
    number: int
    """Which of those due at the same time comes first."""
    task: Task
    key: str
    """Of a run or a service."""


class Alarms:
    """All of them."""

    def __init__(self) -> None:
        self._heap: list[Alarm] = []
        self._numbers = count()

    def set(self, due_s: float, task: Task, key: str = "") -> None:
        """See to something at a time."""
        heapq.heappush(self._heap, Alarm(due_s, next(self._numbers), task, key))

    @property
    def next_s(self) -> float | None:
        """When the next one is due."""
        return self._heap[0].due_s if self._heap else None

    def take(self, now_s: float) -> Alarm | None:
        """The next one that is due by now, if there is one."""
        return heapq.heappop(self._heap) if self._heap and self._heap[0].due_s <= now_s else None
