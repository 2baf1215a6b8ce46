"""PURE: who waits, and whose turn is next: everybody we know every other time, and of the others each network in turn."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from communicator.fairness.places import Entrance
from communicator.fairness.shares import Shares
from communicator.fairness.sources import Standing, keys_of, network_of

Waiting = TypeVar("Waiting", bound=Hashable)


class WaitingLine(Generic[Waiting]):
    """A bounded waiting line.

    A part of it is kept for whom we know, and they have every other turn while others wait too. Of the others, addresses that have
    failed come last. Within each of these three, every network has one turn after the other, whoever else of it waits. Who comes
    when the line is full waits in the place of one that stands worse, or not at all: whoever has waited goes first.

    Args:
        most: So many wait.
        share: So many of one address.
        kept: So much of it is for those we know alone.
    """

    def __init__(self, most: int, share: int, kept: int) -> None:
        self._most = most
        self._kept = kept
        self._shares = Shares(share)
        self._seats: dict[Waiting, tuple[str, Standing]] = {}
        self._lines: dict[Standing, OrderedDict[str, OrderedDict[Waiting, None]]] = {
            each: OrderedDict() for each in Standing
        }
        """By network; the one whose turn is next comes first."""
        self._strangers = 0
        """How many wait whom we do not know."""
        self._was_known = False
        """Whether the last turn was that of somebody we know."""

    def enter(self, waiting: Waiting, address: str, standing: Standing) -> Entrance[Waiting]:
        """Somebody wants to wait, who does not yet.

        Args:
            waiting: Who.
            address: From where, without a port.
            standing: How that address stands.
        """
        leaves: Waiting | None = None
        if self._shares.used_up(address):
            return Entrance(is_in=False)
        if not self._has_room(standing):
            leaves = self._last_of_worse(standing)
            if leaves is None:
                return Entrance(is_in=False)
            self.leave(leaves)
        self._seats[waiting] = (address, standing)
        self._strangers += standing is not Standing.KNOWN
        self._shares.add(address)
        self._lines[standing].setdefault(network_of(address), OrderedDict())[waiting] = None
        return Entrance(is_in=True, leaves=leaves)

    def take(self) -> Waiting | None:
        """Whose turn it is, who waits no longer; None when nobody waits."""
        for standing in self._order():
            line = self._lines[standing]
            if line:
                network, waiting = next(iter(line.items()))
                first = next(iter(waiting))
                line.move_to_end(network)
                self.leave(first)
                self._was_known = standing is Standing.KNOWN
                return first
        return None

    def leave(self, waiting: Waiting) -> None:
        """Somebody waits no longer; whoever does not is ignored."""
        seat = self._seats.pop(waiting, None)
        if seat is None:
            return
        address, standing = seat
        self._strangers -= standing is not Standing.KNOWN
        self._shares.remove(address)
        line, network = self._lines[standing], network_of(address)
        del line[network][waiting]
        if not line[network]:
            del line[network]

    def of(self, key: str) -> list[Waiting]:
        """All who wait from an address or network, as `keys_of` has it."""
        return [waiting for waiting, (address, _) in self._seats.items() if key in keys_of(address)]

    def _order(self) -> tuple[Standing, ...]:
        if self._was_known:
            return (Standing.NEW, Standing.FAILED, Standing.KNOWN)
        return tuple(Standing)

    def _has_room(self, standing: Standing) -> bool:
        if standing is not Standing.KNOWN and self._strangers >= self._most - self._kept:
            return False
        return len(self._seats) < self._most

    def _last_of_worse(self, standing: Standing) -> Waiting | None:
        for worse in sorted(Standing, reverse=True):
            if worse > standing and self._lines[worse]:
                return next(reversed(next(reversed(self._lines[worse].values()))))
        return None
