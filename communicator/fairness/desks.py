"""PURE: whose check is next where each takes time: one at a time for each standing, a fair line before it; it checks nothing."""

from collections.abc import Hashable
from enum import Enum, auto
from typing import Generic, TypeVar

from communicator.fairness.sources import Standing
from communicator.fairness.waiting_line import WaitingLine

Waiting = TypeVar("Waiting", bound=Hashable)


class Turn(Enum):
    """When somebody's turn is."""

    NOW = auto()
    LATER = auto()
    """When `Desks.end` gives it."""
    NEVER = auto()
    """Too many wait, or too many of this address."""


class Desks(Generic[Waiting]):
    """A desk for each standing: whom we know, and who has not failed, never waits for those who have.

    Args:
        most: So many wait at one desk.
        share: So many of them from one address.
    """

    def __init__(self, most: int, share: int) -> None:
        self.current: dict[Standing, Waiting] = {}
        """Whose turn it is, by standing."""
        self._lines: dict[Standing, WaitingLine[Waiting]] = {
            standing: WaitingLine(most, share, kept=0) for standing in Standing
        }

    def enter(self, waiting: Waiting, address: str, standing: Standing) -> Turn:
        """Somebody comes, who is not here yet.

        Args:
            waiting: Who.
            address: From where, without a port.
            standing: How that address stands.
        """
        if standing not in self.current:
            self.current[standing] = waiting
            return Turn.NOW
        return Turn.LATER if self._lines[standing].enter(waiting, address, standing).is_in else Turn.NEVER

    def end(self, standing: Standing) -> Waiting | None:
        """The one at this desk is done; whose turn it is now, if anybody waits there."""
        following = self._lines[standing].take()
        if following is None:
            del self.current[standing]
        else:
            self.current[standing] = following
        return following

    def leave(self, waiting: Waiting) -> None:
        """Somebody waits no longer; whoever does not is ignored."""
        for line in self._lines.values():
            line.leave(waiting)

    def of(self, key: str) -> list[Waiting]:
        """All who wait from an address or network, as `keys_of` has it."""
        return [waiting for line in self._lines.values() for waiting in line.of(key)]
