"""All entries, by address, by server and by dial: who is linked, whom to dial now, whom to tell of others; it dials nobody."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import count

from communicator.protocol.addresses import HostPort
from communicator.router.mesh.book.entry import IDLE, LAPSED, OPEN, WAITING, Attempt, Entry, Event, State
from communicator.router.mesh.book.members import Member, summarise
from communicator.router.mesh.book.neighbors_file import canonical, is_larger
from communicator.router.vocabulary.config import ClusterConfig
from communicator.router.vocabulary.named_counts import NamedCounts

AT_ONCE = 8
"""Handed out by one call of `Entries.due`: a lost switch is not answered with a thousand connections."""
OPEN_MAX = 64
"""Each holds a socket for as long as the other host is silent."""
BATCH_PAUSE_S = 0.05
"""Between two handfuls."""

INTRODUCTIONS_AT_ONCE = 32
"""Connections that do nothing but say one line; what is left over has its turn when these are done."""


class Introductions:
    """Introduces C++ routers (leaves) to each other: which addresses each that is linked with us has been told.

    At a link each of them learns of one other router alone: of the neighbors in CONNECT and ACCEPT it reads the first. GOSSIP,
    which names one address, tells it of the rest. Only larger addresses are told that way: whoever hears of one waits to be
    dialled, and says GOSSIP to it after 5 s if it was not. To hear of a smaller one means to dial it, linked or not.

    Args:
        numbers: Where the numbers of dials come from.
    """

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._told: dict[str, set[str]] = {}
        """By leaf."""
        self._open: dict[int, Attempt] = {}

    def left(self, leaf: str) -> None:
        """A leaf is no longer linked: when it comes back it may have forgotten everybody."""
        self._told.pop(leaf, None)

    def begin(self, leaf: str, host_port: HostPort, addresses: Iterable[str], *, secure: bool) -> list[Attempt]:
        """The connections to open, so that a leaf hears of all these addresses.

        Args:
            leaf: Its server.
            host_port: Where it listens.
            addresses: Each ``IP:port``.
            secure: Whether it is dialled over TLS.
        """
        told = self._told.setdefault(leaf, set())
        untold = [address for address in addresses if address not in told]
        turn = untold[: INTRODUCTIONS_AT_ONCE - len(self._open)]
        begun = [Attempt(next(self._numbers), host_port, secure, address) for address in turn]
        told.update(turn)
        self._open.update((attempt.number, attempt) for attempt in begun)
        return begun

    def get(self, number: int) -> Attempt | None:
        """One that is under way."""
        return self._open.get(number)

    def end(self, number: int) -> bool:
        """One is over, however it ended; whether there was one of that number."""
        return self._open.pop(number, None) is not None


class Entries:
    """Each address once; a server may have several, and has at most one dial.

    Args:
        own: Our ``IP:port``.
        cluster: Who may be dialled.
    """

    def __init__(self, own: str, cluster: ClusterConfig) -> None:
        self.connect_failures = NamedCounts()
        """How often a router was dialled and not linked, by its name, or its address while it has none."""
        self._own = own
        self._cluster = cluster
        self._by_address: dict[str, Entry] = {}
        self._by_server: dict[str, set[Entry]] = {}
        self._linked: set[str] = set()
        """The servers that are linked, also those of no known address."""
        self._counted: set[str] = set()
        """The servers of the book that count for the quorum, until they are forgotten."""
        self._told_by: Counter[str] = Counter()
        """How many entries stand in the book on the word of one router alone."""
        self._open: dict[int, Entry] = {}
        self._numbers = count(1)
        self.introductions = Introductions(self._numbers)
        self._paused_until_s = float("-inf")
        self._next_s: float | None = None
        self._is_next_known = False

    @property
    def counted(self) -> AbstractSet[str]:
        """The servers that count for the quorum by their name: each was linked to us, or vouched for, and not forgotten since."""
        return self._counted | self._linked

    @property
    def next_due_s(self) -> float | None:
        """When `due` is to be called next; None while there is nobody to dial."""
        if not self._is_next_known:
            free = (entry.due_s for entry in self._by_address.values() if self._is_free(entry))
            self._next_s, self._is_next_known = min(free, default=None), True
        return None if self._next_s is None or len(self._open) >= OPEN_MAX else max(self._next_s, self._paused_until_s)

    def configured(self) -> frozenset[str]:
        """The configured routers: each by its name, or by its address while it has none."""
        named = (entry for entry in self._by_address.values() if entry.is_configured and entry.state not in LAPSED)
        return frozenset(entry.server or entry.address for entry in named)

    def members(self) -> tuple[Member, ...]:
        """All other routers."""
        found = [summarise(group, counts=self._counts(group)) for group in self._groups()]
        return tuple(sorted(found, key=lambda member: (member.server or "", member.address)))

    def has(self, address: str) -> bool:
        """Whether this ``IP:port`` is one of another router, as far as we know."""
        return (entry := self._get(address)) is not None and entry.state not in LAPSED

    def server_at(self, address: str) -> str:
        """Which server is believed to be at an ``IP:port``; empty where nobody knows."""
        return "" if (entry := self._get(address)) is None else entry.server

    def knows(self, server: str) -> bool:
        """Whether some address is known to be this server's."""
        return server in self._by_server

    def is_configured(self, server: str) -> bool:
        """Whether an address of this server is configured, and counts for that reason."""
        return any(entry.is_configured for entry in self._by_server.get(server, ()))

    def due(self, now_s: float) -> list[Attempt]:
        """The dials to make now, a handful; each is under way until it is said how it ended."""
        attempts: list[Attempt] = []
        if (due_s := self.next_due_s) is None or due_s > now_s:
            return attempts
        waiting = [entry for entry in self._by_address.values() if entry.due_s <= now_s and entry.state in IDLE]
        for entry in sorted(waiting, key=lambda entry: (entry.due_s, entry.address)):
            if len(attempts) == AT_ONCE or len(self._open) >= OPEN_MAX:
                self._paused_until_s = now_s + BATCH_PAUSE_S
                break
            if self._is_free(entry):
                # The larger address dials, a name is the smallest, and a router that nobody can reach dials everybody.
                told = self._own if self._cluster.listens and not is_larger(self._own, entry.address) else ""
                entry.attempt = Attempt(next(self._numbers), entry.host_port, entry.secure, told)
                self._open[entry.attempt.number] = entry
                attempts.append(entry.attempt)
                self._take(entry, Event.DUE, now_s)
        return attempts

    def attempt(self, number: int) -> Attempt | None:
        """A dial or introduction that is under way; None when it has ended, or its address was given up."""
        return self._open[number].attempt if number in self._open else self.introductions.get(number)

    def failed(self, number: int, reason: str, now_s: float) -> bool:
        """A dial came to nothing.

        Returns:
            Whether services should hear of it: the first time in an absence, and again every ten minutes.
        """
        entry = self._end(number, Event.FAILED, now_s, reason)
        return entry is not None and entry.state is WAITING and entry.absence.shall_tell(now_s)

    def refused(self, number: int, reason: str, now_s: float) -> None:
        """The router at the other end does not want us, for now."""
        self._end(number, Event.REFUSED, now_s, reason)

    def gossiped(self, number: int, now_s: float) -> None:
        """The router has taken our address and is to dial us, or has heard of another one."""
        self._end(number, Event.GOSSIPED, now_s)

    def linked(self, number: int | None, server: str, now_s: float) -> None:
        """A router is linked.

        Args:
            number: Of the dial; None where the router has dialled us.
            server: Who it is.
            now_s: Since when.
        """
        entry = None if number is None else self._end(number, Event.ACCEPTED, now_s)
        self._linked.add(server)
        if entry is not None:
            self._assign(entry, server, now_s)
            entry.is_seen, entry.is_told = True, False
        for each in self._of_server(server):
            self._take(each, Event.LINKED, now_s)
        self.count_in((server,))

    def count_in(self, servers: Iterable[str]) -> None:
        """These servers count from now on, and after a restart, until they are forgotten; one of no known address does not."""
        for server in servers:
            for entry in self._of_server(server):
                self._counted.add(server)
                self._credit(entry, "")

    def lost(self, server: str, now_s: float) -> None:
        """The link to a router is gone."""
        self._linked.discard(server)
        for entry in self._of_server(server):
            self._take(entry, Event.LOST, now_s)

    def _get(self, address: str) -> Entry | None:
        return self._by_address.get(canonical(address))

    def _of_server(self, server: str) -> list[Entry]:
        """All entries of a server, in the order of their text."""
        return sorted(self._by_server.get(server, ()), key=lambda entry: entry.address)

    def _mates(self, entry: Entry) -> set[Entry]:
        """All entries of its server, itself included."""
        return self._by_server.get(entry.server) or {entry}

    def _groups(self) -> list[list[Entry]]:
        """Those of a router, one list for each; an address whose server is not known stands alone."""
        groups: dict[str, list[Entry]] = {}
        for entry in self._by_address.values():
            if entry.state not in LAPSED:
                groups.setdefault(entry.server or entry.address, []).append(entry)
        return list(groups.values())

    def _counts(self, group: Iterable[Entry]) -> bool:
        """Whether the router of these entries counts: it is configured, or its name has been counted in."""
        return any(entry.is_configured or entry.server in self._counted for entry in group)

    def _credit(self, entry: Entry, teller: str) -> None:
        """It is this router's word alone that an entry stands in the book; empty: there is better reason."""
        self._told_by -= Counter((entry.teller,))
        if teller:
            self._told_by[teller] += 1
        entry.teller = teller

    def _is_free(self, entry: Entry) -> bool:
        """Whether its router is neither linked nor being dialled, at this address or another, and may be dialled at all."""
        if entry.state not in IDLE:
            return False
        mates = self._by_server.get(entry.server) or (entry,)
        is_dialled = len(mates) > 1 and any(mate.state in OPEN for mate in mates)
        return not is_dialled and (self._cluster.discover or any(mate.is_configured for mate in mates))

    def _take(self, entry: Entry, event: Event, now_s: float, reason: str = "") -> None:
        """Something happens to an entry; a dial that it ends is over, and an entry that is gone is struck out."""
        entry.take(event, now_s, reason)
        self._is_next_known = False
        if entry.attempt is not None and entry.state not in OPEN:
            del self._open[entry.attempt.number]
            entry.attempt = None
        if entry.state is State.GONE:
            self._take_off(entry)
            self._credit(entry, "")
            del self._by_address[entry.address]

    def _assign(self, entry: Entry, server: str, now_s: float) -> None:
        """This server is at that address, and perhaps another one was before; empty: nobody knows who is."""
        if entry.server != server:
            self._take_off(entry)
            entry.server, entry.is_proven, entry.is_seen, entry.is_told = server, False, False, False
            if server:
                self._by_server.setdefault(server, set()).add(entry)
            self._take(entry, Event.LINKED if server in self._linked else Event.LOST, now_s)

    def _take_off(self, entry: Entry) -> None:
        mates = self._mates(entry)
        mates.discard(entry)
        if not mates:
            self._by_server.pop(entry.server, None)
            self._counted.discard(entry.server)

    def _end(self, number: int, event: Event, now_s: float, reason: str = "") -> Entry | None:
        """A dial has ended; None when it had before, or was given up with its address, and for an introduction."""
        self.introductions.end(number)
        if (entry := self._open.get(number)) is not None:
            # Of an address that lapsed, whoever tells us of it chose the name.
            if event in (Event.FAILED, Event.REFUSED) and entry.state not in LAPSED:
                self.connect_failures.add(entry.server or entry.address)
            self._take(entry, event, now_s, reason)
        return entry
