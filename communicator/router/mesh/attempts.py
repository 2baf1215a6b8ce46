"""The attempts to reach other routers: whom to try when, and what follows when it fails; it opens nothing and sends nothing."""

from itertools import count

from communicator.router.config import ClusterConfig
from communicator.router.mesh.address_table import AddressTable
from communicator.router.mesh.known_address import Attempt, KnownAddress, Purpose
from communicator.router.mesh.neighbors_file import Rank
from communicator.router.named_counts import NamedCounts

ATTEMPTS_AT_ONCE = 8
"""Handed out by one call of `Attempts.due`: a lost switch is not answered with a thousand connections."""
ATTEMPTS_OPEN_MAX = 64
"""Each holds a socket for as long as the other host is silent."""
BATCH_PAUSE_S = 0.05
"""Between two handfuls."""
REASON_CHARACTERS = 200


class Attempts:
    """At most one attempt at a time for each router.

    Args:
        table: The addresses.
        own_rank: What ours is compared by.
        cluster: Who may be tried.
    """

    def __init__(self, table: AddressTable, own_rank: Rank, cluster: ClusterConfig) -> None:
        self.cluster = cluster
        self.failures = NamedCounts()
        """How often a router was tried and not linked, by its name, or its address while it has none."""
        self._table = table
        self._own_rank = own_rank
        self._open: dict[int, KnownAddress] = {}
        self.numbers = count(1)
        """Of all dials, each used once."""
        self._paused_until_s = float("-inf")
        self._earliest_s: float | None = None
        self._is_earliest_known = False

    @property
    def next_due_s(self) -> float | None:
        """When `due` is to be called next; None while there is nobody to try."""
        if not self._is_earliest_known:
            self._earliest_s = min((known.due_s for known in self._table if self._is_free(known)), default=None)
            self._is_earliest_known = True
        if self._earliest_s is None or len(self._open) >= ATTEMPTS_OPEN_MAX:
            return None
        return max(self._earliest_s, self._paused_until_s)

    def changed(self) -> None:
        """An address was entered, or what is known of one has changed: `next_due_s` is looked for anew."""
        self._is_earliest_known = False

    def due(self, now_s: float) -> list[Attempt]:
        """The attempts to make now; each is open until it is said how it ended."""
        waiting = sorted(
            (known for known in self._table if known.due_s <= now_s), key=lambda known: (known.due_s, known.address)
        )
        attempts: list[Attempt] = []
        for known in waiting:
            if len(attempts) == ATTEMPTS_AT_ONCE or len(self._open) >= ATTEMPTS_OPEN_MAX:
                self._paused_until_s = now_s + BATCH_PAUSE_S
                break
            if self._is_free(known):
                attempts.append(self._begin(known))
        self.changed()
        return attempts

    def get(self, number: int) -> Attempt | None:
        """An open attempt."""
        known = self._open.get(number)
        return None if known is None else known.attempt

    def end(self, number: int) -> KnownAddress | None:
        """An attempt is over; None when it was before, or was given up with its address."""
        self.changed()
        known = self._open.pop(number, None)
        if known is not None:
            known.attempt = None
        return known

    def failed(self, number: int, reason: str, now_s: float) -> bool:
        """See `AddressBook.failed`."""
        known = self.end(number)
        if known is None:
            return False
        if known.is_provisional:
            self.drop(known)
            return False
        self.failures.add(known.server or known.address)
        known.reason, known.is_refused = reason[:REASON_CHARACTERS], False
        known.due_s = now_s + known.absence.wait_after_failure_s(now_s)
        return known.server not in self._table.linked and known.absence.shall_tell(now_s)

    def refused(self, number: int, reason: str, now_s: float) -> None:
        """See `AddressBook.refused`."""
        known = self.end(number)
        if known is not None:
            self.failures.add(known.server or known.address)
            known.reason, known.is_refused = reason[:REASON_CHARACTERS], True
            known.due_s = now_s + known.absence.wait_after_refusal_s(now_s)

    def gossiped(self, number: int, now_s: float) -> None:
        """See `AddressBook.gossiped`."""
        known = self.end(number)
        if known is not None:
            known.reason, known.is_refused = "", False
            known.due_s = now_s + known.absence.wait_after_gossip_s(now_s)

    def drop(self, known: KnownAddress) -> None:
        """Strike an address out, with the attempt that is under way."""
        if known.attempt is not None:
            self.end(known.attempt.number)
        self._table.remove(known)
        self.changed()

    def _begin(self, known: KnownAddress) -> Attempt:
        host_port = known.host_port
        purpose = self._purpose(known)
        attempt = Attempt(next(self.numbers), known.address, host_port.host, host_port.port, known.secure, purpose)
        known.attempt = attempt
        self._open[attempt.number] = known
        return attempt

    def _purpose(self, known: KnownAddress) -> Purpose:
        """The larger address dials; a name has no number to compare, and a router that nobody can reach dials everybody."""
        if known.rank is None or not self.cluster.listens or self._own_rank > known.rank:
            return Purpose.DIAL
        return Purpose.GOSSIP

    def _is_free(self, known: KnownAddress) -> bool:
        """Whether the router there is neither linked nor being tried, at this address or another, and may be tried at all."""
        if known.attempt is not None or known.server in self._table.linked:
            return False
        mates = self._table.of_server(known.server) if known.server else []
        if any(mate.attempt is not None for mate in mates):
            return False
        return self.cluster.discover or known.is_configured or any(mate.is_configured for mate in mates)
