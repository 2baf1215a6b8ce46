"""PURE: who gets a place where there are not enough, and who leaves for it; it opens and closes nothing."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

from communicator.fairness.shares import Shares
from communicator.fairness.sources import Standing, keys_of, network_of

Guest = TypeVar("Guest", bound=Hashable)

SHARES = 8
"""Of all places one address has at most the eighth part, unless it is said otherwise."""


class Entrance(NamedTuple, Generic[Guest]):
    """What becomes of somebody who comes."""

    is_in: bool
    leaves: Guest | None = None
    """Who is to go for that; it has no place any more."""


class _Seat(NamedTuple):
    address: str
    standing: Standing


class Places(Generic[Guest]):
    """A bounded number of places.

    Half of them are kept for whom we know. Of one address, and of one IPv6 network, there are never more than its share: for one
    more of them that one leaves which has been silent for longest. When there is no place left, the longest silent of those who
    stand worst leaves, if none of them stands better than the newcomer; but where they stand alike, and the newcomer's network
    holds more places, one of its own leaves.

    Args:
        most: So many there are.
        share: So many of them one address may have.
        kept: So many are for those we know alone.
        may_leave: Whether somebody may be made to leave now.
    """

    def __init__(
        self, most: int, share: int, kept: int, may_leave: Callable[[Guest], bool] = lambda _guest: True
    ) -> None:
        self.most = most
        self.kept = kept
        self.shares = Shares(share)
        self._may_leave = may_leave
        self._seats: dict[Guest, _Seat] = {}
        self._by_standing: dict[Standing, OrderedDict[Guest, None]] = {each: OrderedDict() for each in Standing}
        """Who has been silent for longest comes first; so below."""
        self._by_key: dict[str, OrderedDict[Guest, None]] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def enter(self, guest: Guest, address: str, standing: Standing, *, is_many: bool = False) -> Entrance[Guest]:
        """Somebody comes, who has no place yet.

        Args:
            guest: Who.
            address: From where, without a port.
            standing: How that address stands.
            is_many: Whether that address is not held to a share, for somebody there speaks for many.
        """
        leaves: Guest | None = None
        if (crowded := self.shares.used_up(address)) and not is_many:
            leaves = self._first(self._by_key[crowded], standing)
            if leaves is None:
                return Entrance(is_in=False)
        elif not self._has_room(standing):
            leaves = self._worst(address, standing)
            if leaves is None:
                return Entrance(is_in=False)
        if leaves is not None:
            self.leave(leaves)
        self._seat(guest, _Seat(address, standing))
        return Entrance(is_in=True, leaves=leaves)

    def heard(self, guest: Guest) -> None:
        """Somebody has said something; whoever has no place is ignored."""
        seat = self._seats.get(guest)
        if seat is not None:
            for line in self._lines(seat):
                line.move_to_end(guest)

    def leave(self, guest: Guest) -> None:
        """Somebody needs a place no longer; whoever has none is ignored."""
        seat = self._seats.pop(guest, None)
        if seat is None:
            return
        for line in self._lines(seat):
            del line[guest]
        self.shares.remove(seat.address)
        for key in keys_of(seat.address):
            if not self._by_key[key]:
                del self._by_key[key]

    def _seat(self, guest: Guest, seat: _Seat) -> None:
        self._seats[guest] = seat
        self.shares.add(seat.address)
        for key in keys_of(seat.address):
            self._by_key.setdefault(key, OrderedDict())
        for line in self._lines(seat):
            line[guest] = None

    def _lines(self, seat: _Seat) -> list[OrderedDict[Guest, None]]:
        return [self._by_standing[seat.standing], *(self._by_key[key] for key in keys_of(seat.address))]

    def _has_room(self, standing: Standing) -> bool:
        strangers = len(self._seats) - len(self._by_standing[Standing.KNOWN])
        if standing is not Standing.KNOWN and strangers >= self.most - self.kept:
            return False
        return len(self._seats) < self.most

    def _worst(self, address: str, standing: Standing) -> Guest | None:
        """Who leaves for one of this standing: nobody who stands better, and nobody who takes less room than the newcomer."""
        for worse in sorted(Standing, reverse=True):
            if worse >= standing and (found := self._first(self._by_standing[worse], worse)) is not None:
                own: Collection[Guest] = self._by_key.get(network_of(address), ())
                takes_less = len(self._by_key[network_of(self._seats[found].address)]) < len(own)
                return self._first(own, standing) if worse is standing and takes_less else found
        return None

    def _first(self, line: Iterable[Guest], standing: Standing) -> Guest | None:
        """The first who may leave, and stands no better than that."""
        return next((each for each in line if self._seats[each].standing >= standing and self._may_leave(each)), None)
