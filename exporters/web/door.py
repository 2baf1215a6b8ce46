"""PURE: who may have a connection, by address, as the router's door has it; it opens and closes none."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from communicator.fairness.places import Places
from communicator.fairness.sources import Sources, keys_of
from communicator.protocol.addresses import HostPort

Connection = TypeVar("Connection", bound=Hashable)


class Door(Generic[Connection]):
    """Who is in. Once anybody has shown credentials, half of the places are for whoever did so within a day.

    Args:
        connections: So many at once.
        connections_per_address: So many of one address; twice as many of an IPv6 network of 64 bits.
        sources: How addresses stand.
        may_leave: Whether a connection may be ended now for another one.
    """

    def __init__(
        self,
        connections: int,
        connections_per_address: int,
        sources: Sources,
        may_leave: Callable[[Connection], bool],
    ) -> None:
        self._sources = sources
        self._places: Places[Connection] = Places(connections, connections_per_address, 0, may_leave)
        self.kept_out = 0
        """How many were refused, or left early for another."""

    def __len__(self) -> int:
        return len(self._places)

    def enter(self, connection: Connection, address: str, now_s: float) -> tuple[bool, Connection | None]:
        """Somebody comes.

        Args:
            connection: It; has its place until `leave`.
            address: From where, without a port.
            now_s: On the clock of `Sources`.

        Returns:
            Whether it may come in, and which connection is to be ended for that, if any.
        """
        self._places.kept = self._places.most // 2 if self._sources.knows_any else 0
        standing = self._sources.standing(address, now_s)
        entrance = self._places.enter(connection, address, standing, is_many=is_loopback(address))
        self.kept_out += not entrance.is_in or entrance.leaves is not None
        return entrance.is_in, entrance.leaves

    def heard(self, connection: Connection) -> None:
        """It has asked something: others have been silent for longer."""
        self._places.heard(connection)

    def leave(self, connection: Connection) -> None:
        """One that came in is gone."""
        self._places.leave(connection)


def is_loopback(address: str) -> bool:
    """Whether this is the machine itself, where a reverse proxy may speak for many."""
    return HostPort(keys_of(address)[0], 0).is_loopback
