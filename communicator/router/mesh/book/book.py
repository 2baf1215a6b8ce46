"""The address book: what is believed of which address, on whose word; it opens nothing and sends nothing."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from communicator.errors import AddressError
from communicator.router.mesh.book.departed import Departed
from communicator.router.mesh.book.entries import Entries
from communicator.router.mesh.book.entry import GONE, PROVISIONAL, SHOWN, UP, WAITING, Entry, Event, Ground, State
from communicator.router.mesh.book.neighbors_file import NO_ORDER, canonical, parse_cluster_address, read, render
from communicator.router.vocabulary.config import ClusterConfig

UNTOLD_SPAN_S = 600.0
"""So long an address that nobody tells of any more is still dialled: a host that was replaced or restarted is back by then."""
TELLER_SHARE = 2
"""One router's word alone fills no more than this part of the book, a half: there is room for what others tell."""


class AddressBook(Entries):
    """All addresses of the cluster's routers.

    Times are on the monotonic clock where they are called `now_s`, and seconds since the epoch where they are called `epoch_s`.

    Args:
        own: Our ``IP:port``.
        cluster: The configured neighbors, the saved ones, and how to meet others.
        seed: What spreads our dials, unlike for each life of each router.
        members_max: How many addresses are remembered, ours included; beyond it only those that are configured or linked.
        now_s: When this life begins.

    Raises:
        AddressError: `own` is no address under which others could reach us.
    """

    def __init__(self, own: str, cluster: ClusterConfig, seed: str, members_max: int, now_s: float) -> None:
        host_port = parse_cluster_address(own)
        if host_port is None:
            raise AddressError(f"{own!r} is no IP:port under which others can reach this router")
        super().__init__(str(host_port), cluster)
        self._host = host_port
        self._seed = seed
        self._members_max = members_max
        self._departed = Departed(members_max)
        self.forgotten = self._departed.marks
        """Address to when it was forgotten, in seconds since the epoch: to be told to other routers."""
        self._still_told: set[str] = set()
        """Servers that were forgotten while others told of them, and do: that is old news."""
        self.reconfigure(cluster, now_s)
        self.rejected = self._load(cluster.saved_neighbors, now_s)
        """What neighbors.txt held that is no address of another router: for one notice."""

    def addresses(self) -> list[str]:
        """Every other ``IP:port`` of a router, rising."""
        # An address whose server has moved is one of its server's here, but would be another router's elsewhere.
        here = [each for group in self._groups() for each in group if not self._has_moved(each)]
        return [each.address for each in sorted(here, key=lambda each: each.order) if each.order != NO_ORDER]

    def vouched_for(self) -> list[str]:
        """Those of `addresses` that are configured, or where a router has been proven to be: all others are hearsay."""
        return [
            address
            for address in self.addresses()
            if (entry := self._get(address)) is not None and (entry.is_proven or entry.is_configured)
        ]

    def told(self) -> list[str]:
        """Those of `addresses` that we tell others of: of routers that count. What is hearsay here would be hearsay for ever."""
        counted = {entry.address for group in self._groups() if self._counts(group) for entry in group}
        return [address for address in self.addresses() if address in counted]

    def is_configured_ip(self, ip: str) -> bool:
        """Whether this is our own IP address, or one of a configured neighbor's."""
        there = [entry for entry in self._by_address.values() if entry.host_port.host == ip]
        return ip == self._host.host or any(mate.is_configured for each in there for mate in self._mates(each))

    def render_file(self) -> str:
        """What neighbors.txt is to hold: no mere hearsay, which whoever told of it tells again."""
        kept = [each for group in self._groups() for each in group if self._counts(group) or each.is_saved]
        addresses = {each.address for each in kept}.intersection(self.addresses())
        servers = {
            each.address: each.server for each in kept if each.server and not (each.is_configured and each.is_told)
        }
        return render([self._own, *addresses], servers, self._counted, self.forgotten)

    def hear(self, addresses: Iterable[str], now_s: float, teller: str = "", *, are_callers: bool = False) -> bool:
        """Somebody has told of addresses, or with `are_callers` of its own; to be told of does not make a router count.

        Args:
            addresses: Each ``IP:port``.
            now_s: The time.
            teller: Which router tells; empty: none that is linked.
            are_callers: Whoever is there has told of itself.

        Returns:
            Whether there were new ones among them. We take none where discovery is off, none of another router that was forgotten
            or replaced, no loopback address unless ours is one, and none when the book, or the teller's share of it, is full.
        """
        is_news = False
        for address in addresses if self._cluster.discover else ():
            if (entry := self._get(address)) is not None and entry.untold_s is not None:
                self._credit(entry, teller)
            if entry is None and self._has_room() and self._has_share(teller) and self._is_admissible(address):
                is_departed = self._departed.holds(canonical(address), now_s)
                if are_callers or not is_departed:
                    self._credit(self._enter(address, now_s, PROVISIONAL if is_departed else WAITING), teller)
                is_news = is_news or not is_departed
        return is_news

    def called(self, address: str, now_s: float) -> bool:
        """A router has told us itself (GOSSIP) that it is at this address: dial it soon, also if it was forgotten or replaced.

        Where a server is linked that was never seen there, whoever has called is perhaps another one: that too shows when it is
        dialled.

        Returns:
            Whether the address is new, and was neither forgotten nor replaced.
        """
        if (entry := self._get(address)) is not None:
            if entry.state in UP and not entry.is_seen:
                self._assign(entry, "", now_s)
            self._take(entry, Event.CALLED, now_s)
        return self.hear([address], now_s, are_callers=True)

    def prove(
        self, server: str, address: str, now_s: float, ground: Ground = Ground.ANSWERED, teller: str = ""
    ) -> tuple[str, ...]:
        """A server is said to be at this address.

        Args:
            server: Its name.
            address: Its ``IP:port``; what is no address is ignored.
            now_s: The time.
            ground: Why that is to be believed.
            teller: Which router tells, where another one does.

        Returns:
            Addresses that the server has left: they are nobody's, and hearsay does not bring them back for a day.
        """
        is_shown, there = ground in SHOWN, self._get(address)
        if (
            not self._may_be_at(server, there, ground)
            or not self._is_admissible(address)
            or not self._make_room(address, now_s, teller, is_proven=is_shown)
        ):
            return ()
        if ground is Ground.TOLD and self._departed.holds(canonical(address), now_s):
            self.hear([address], now_s, teller, are_callers=True)  # whoever is there now, if anybody, will answer
            return ()
        entry = there or self._enter(address, now_s)
        if entry is not there:
            self._credit(entry, teller)
        self._confirm(entry, now_s)
        is_told = not is_shown and (entry.is_told or entry.server != server)
        self._assign(entry, server, now_s)
        entry.is_told = is_told
        others = [each for each in self._of_server(server) if each is not entry]
        for each in others if is_shown else ():
            if each.is_configured and each.is_told:
                self._assign(each, "", now_s)  # it is linked elsewhere, and nobody would dial whoever is there
        left = [each for each in others if each.server and (each.is_proven or not each.is_configured)]
        for each in left:
            each.is_proven = False
            if not each.is_configured:
                self._departed.replace(each.address, now_s)
                self._take(each, Event.DROPPED, now_s)
        entry.is_proven, entry.is_seen = True, entry.is_seen or ground in (Ground.ANSWERED, Ground.NEARBY)
        return tuple(each.address for each in left)

    def vouch(self, server: str, address: str, now_s: float) -> None:
        """Enough of those that count are linked to a server: it counts, also where another name had its address until now.

        Args:
            server: Its name.
            address: What is said to be its ``IP:port``; without one it is not counted for longer than it is vouched for.
            now_s: The time.

        One that was forgotten has to be out of reach once before it counts again: others may not know yet that it is gone.
        """
        if server in self._still_told:
            return
        self._counted.add(server)
        self.prove(server, address, now_s, Ground.VOUCHED)
        self.count_in((server,))
        if not self.knows(server):
            self._counted.discard(server)

    def ourselves(self, number: int, now_s: float) -> None:
        """The dial has reached this very router: the address is ours too, and nobody else's."""
        if (entry := self._end(number, Event.DROPPED, now_s)) is not None:
            self._departed.replace(entry.address, now_s)

    def forget(self, address: str, mark_s: int) -> bool:
        """An operator has said that the router at this address does not come back.

        Args:
            address: Its ``IP:port``.
            mark_s: When that was said, in seconds since the epoch.

        Returns:
            Whether it was forgotten; what is configured or linked is not.
        """
        entry = self._get(address)
        if entry is not None and not entry.is_configured:
            server = entry.server
            self._take(entry, Event.FORGOTTEN, mark_s)
            if server and not self.knows(server):
                self._still_told.add(server)
        if not self._is_admissible(address) or (entry is not None and entry.state is not GONE):
            return False
        self._departed.forget(canonical(address), mark_s)
        return True

    def leave(self, server: str, left: Iterable[str], epoch_s: int) -> None:
        """Tell others, as of forgotten ones, of addresses that a proven server has left: they may not know whose they were.

        Above all the server itself, on its new machine, cannot know. `left` is what `prove` returned, `epoch_s` the time now.
        """
        moved = {each.address for each in self._of_server(server) if each.order != NO_ORDER and self._has_moved(each)}
        for address in sorted(moved.union(left) - self.forgotten.keys()):
            self._departed.forget(address, epoch_s)

    def merge_forgotten(self, marks: Mapping[str, int], epoch_s: int) -> bool:
        """Another router tells what was forgotten.

        Args:
            marks: Address to when that was, in seconds since the epoch.
            epoch_s: The time now.

        Returns:
            Whether anything was news.
        """
        return sum(self.forget(*each) for each in self._departed.news(marks, epoch_s).items()) > 0

    def reconfigure(self, cluster: ClusterConfig, now_s: float) -> None:
        """Take the configured neighbors over; who is no longer one stays only if it was met, and discovery is on."""
        self._cluster = cluster
        self._is_next_known = False
        wanted = {canonical(str(neighbor.host_port)): neighbor.secure for neighbor in cluster.neighbors}
        wanted.pop(self._own, None)
        for address, entry in list(self._by_address.items()):
            entry.secure = cluster.dials_secure
            if entry.is_configured and address not in wanted:
                entry.is_configured = False
                if not (entry.is_proven and cluster.discover):
                    self._take(entry, Event.DROPPED, now_s)
        for address, secure in wanted.items():
            entry = self._get(address) or self._enter(address, now_s)
            self._confirm(entry, now_s)
            entry.is_configured, entry.secure = True, secure

    def settle(self, reached: AbstractSet[str], now_s: float) -> None:
        """Strike out the addresses that nobody has told of for `UNTOLD_SPAN_S`: invented ones go with the router that told of them.

        Args:
            reached: The servers there is a way to. One that has a name is told of while it is among them, whoever passes that on.
            now_s: The time.
        """
        self._still_told &= reached
        for entry in list(self._by_address.values()):
            is_told = entry.server in reached if entry.server else entry.teller in self._linked
            if entry.is_saved or is_told or self._counts(self._mates(entry)):
                entry.untold_s = None
            elif entry.untold_s is None:
                entry.untold_s = now_s
            elif now_s >= entry.untold_s + UNTOLD_SPAN_S:
                self._take(entry, Event.DROPPED, now_s)

    def _load(self, text: str, now_s: float) -> tuple[str, ...]:
        saved = read(text)
        for address, mark_s in saved.forgotten.items():
            if self._get(address) is None:
                self._departed.forget(address, mark_s)
        self.hear(saved.addresses, now_s)
        for each in self._by_address.values():
            each.is_saved = True
        for address, server in saved.servers.items():
            entry = self._get(address)
            is_there = address in saved.addresses and server in saved.counted
            if entry is None and is_there and self._is_admissible(address):
                entry = self._enter(address, now_s)  # it counts also where discovery is off, and nobody dials it
            if entry is not None:
                self._assign(entry, server, now_s)
                entry.is_proven = not entry.is_configured
        self.count_in(saved.counted)
        return tuple(saved.rejected)

    def _has_moved(self, entry: Entry) -> bool:
        """Whether the server that was at this address is proven to be at another."""
        return not entry.is_proven and any(mate.is_proven for mate in self._mates(entry))

    def _may_be_at(self, server: str, there: Entry | None, ground: Ground) -> bool:
        """Whether a server may be entered at an address, of which this is known until now.

        An address belongs to whoever answers there. Another router's word makes no difference to a server that is linked, nor does
        it give the address of one that counts to one that does not.
        """
        holder = server if there is None else there.server or server
        match ground:
            case Ground.ANSWERED:
                return True
            case Ground.NEARBY:
                return holder == server or holder not in self._linked or (there is not None and not there.is_seen)
            case Ground.CLAIMED:
                return holder == server
            case Ground.VOUCHED | Ground.TOLD:
                is_upstart = holder in self._counted and server not in self._counted
                return self._linked.isdisjoint((server, holder)) and not is_upstart

    def _is_admissible(self, address: str) -> bool:
        """Whether this is an address of another router, and can be reached from here."""
        host_port = parse_cluster_address(address) or self._host
        return host_port != self._host and (self._host.is_loopback or not host_port.is_loopback)

    def _enter(self, address: str, now_s: float, state: State = WAITING) -> Entry:
        entry = Entry(canonical(address), self._seed, now_s, state)
        entry.secure = self._cluster.dials_secure
        self._by_address[entry.address] = entry
        self._is_next_known = False
        return entry

    def _confirm(self, entry: Entry, now_s: float) -> None:
        """It is there, or is to be, whatever was said of it before."""
        self._departed.lift(entry.address)
        self._take(entry, Event.CONFIRMED, now_s)

    def _has_room(self) -> bool:
        return len(self._by_address) + 1 < self._members_max

    def _has_share(self, teller: str) -> bool:
        """Whether one more may be entered on this router's word alone; empty: on nobody's who is linked."""
        return not teller or self._told_by[teller] < self._members_max // TELLER_SHARE

    def _make_room(self, address: str, now_s: float, teller: str, *, is_proven: bool) -> bool:
        """Whether it may be entered. Who counts is worth more than who is told to be there, and that one than a mere address."""
        is_known = self._get(address) is not None
        if not (is_known or is_proven or self._has_share(teller)):
            return False
        if not is_known and not self._has_room():
            others = [each for each in self._by_address.values() if not each.is_configured and each.state not in UP]
            spare = [each for each in others if is_proven or not (each.is_proven or each.server in self._counted)]
            for least in sorted(spare, key=self._worth)[:1]:
                self._take(least, Event.DROPPED, now_s)
        return is_known or is_proven or self._has_room()

    def _worth(self, entry: Entry) -> tuple[bool, bool, int]:
        """Who gives way first where the book is full: the least."""
        return (entry.server in self._counted, entry.is_proven, -entry.absence.failures)
