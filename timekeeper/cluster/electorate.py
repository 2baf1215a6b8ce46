"""PURE: which hosts count for a majority of clocks: all members of the cluster but those that nobody was ever able to measure.

A host that is down counts until it is forgotten, or the rest could outvote true clocks. So it is remembered which hosts were
measurable once, also over a restart; and a timekeeper that has lost its memory hears of them from the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from communicator.client.status import ClusterStatus
from communicator.protocol.names import is_server_name
from timekeeper.solution import Electors

UNSEEN_S = 60.0
"""A member whose router is reached for so long, while nobody measures its clock, is not watched."""
TELLERS = 2
"""So many that count have to say that a host was measurable."""


class Known(msgspec.Struct, frozen=True):
    """What is kept of the members, by name."""

    watched: tuple[str, ...] = ()
    """Who was measurable once."""
    not_watched: tuple[str, ...] = ()
    """Who was there, and was not."""


@dataclass(frozen=True, slots=True)
class Members:
    """The cluster, as the router tells it."""

    counting: frozenset[str]
    """Of those that count the names that are known."""
    number: int
    """How many count."""
    reached: frozenset[str]
    uncounted: frozenset[str] = frozenset()
    is_told: bool = True
    """Whether the router has told who there is; else it is guessed, and nobody is forgotten for it."""

    @classmethod
    def read(cls, own: str, status: ClusterStatus | None, spoken: Collection[str]) -> "Members":
        """Take what the router said last.

        Args:
            own: This host.
            status: The router's word; None before the first.
            spoken: Who has said something of its clock lately.
        """
        if status is None or not status.servers:  # an elder router names none
            everybody = frozenset((own, *spoken))
            count = (status.neighbors_count if status else None) or 0
            return cls(everybody, max(count, len(everybody)), everybody, is_told=False)
        uncounted = frozenset(status.uncounted) - {own}
        named = frozenset((own, *status.servers, *filter(is_server_name, status.missing))) - uncounted
        return cls(named, max(status.neighbors_count or 0, len(named)), frozenset((own, *status.servers)), uncounted)

    @property
    def names(self) -> frozenset[str]:
        """Everybody."""
        return self.counting | self.uncounted | self.reached


class Electorate:
    """Remembers who was measurable.

    Args:
        known: What was kept.
    """

    def __init__(self, known: Known | None = None) -> None:
        known = known or Known()
        self._watched = set(known.watched)
        self._not_watched = set(known.not_watched)
        self._unseen_since_s: dict[str, float] = {}

    @property
    def known(self) -> Known:
        """What is to be kept."""
        return Known(tuple(sorted(self._watched)), tuple(sorted(self._not_watched)))

    def settle(
        self, members: Members, seen: Collection[str], told: Iterable[tuple[str, str]], now_s: float
    ) -> Electors:
        """Find out who counts now.

        Args:
            members: The cluster.
            seen: Whose clock this host has measured lately, or who has said something of it.
            told: Who has measured whom, now or once, as they say. One alone might invent it.
            now_s: Now, on a monotonic clock, in seconds.
        """
        tellers: dict[str, set[str]] = defaultdict(set)
        for teller, host in told:
            if teller in members.counting:
                tellers[host].add(teller)
        self._watched |= set(seen) | {host for host, names in tellers.items() if len(names) >= TELLERS}
        if not members.is_told:
            return Electors(members.counting | self._watched, max(members.number, len(self._watched)))
        self._watched &= members.counting
        unseen = members.counting & members.reached - self._watched
        self._unseen_since_s = {host: self._unseen_since_s.get(host, now_s) for host in unseen}
        long_unseen = {host for host, since_s in self._unseen_since_s.items() if now_s - since_s >= UNSEEN_S}
        self._not_watched = ((self._not_watched | long_unseen) & members.counting) - self._watched
        return Electors(
            names=members.counting - self._not_watched,
            number=members.number - len(self._not_watched),
            vouched_by_one=members.uncounted,
            not_watched=frozenset(self._not_watched),
            away=members.counting - members.reached,
        )

    def away(self, electors: Electors) -> tuple[str, ...]:
        """Who counts and was measurable once, and cannot be reached now: for timekeepers that have started anew."""
        return tuple(sorted(self._watched & electors.away))
