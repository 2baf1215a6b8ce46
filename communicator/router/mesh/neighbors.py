"""The address book: which routers are known, which server is where, whom to dial and when; it opens nothing and sends nothing."""

from collections.abc import Iterable, Mapping

from communicator.errors import AddressError
from communicator.protocol.addresses import HostPort
from communicator.router.config import ClusterConfig
from communicator.router.mesh.absence import Absence
from communicator.router.mesh.address_table import AddressTable
from communicator.router.mesh.attempts import Attempts
from communicator.router.mesh.forgotten import Forgotten, Replaced
from communicator.router.mesh.introductions import Introductions
from communicator.router.mesh.known_address import Attempt, KnownAddress, Member, MemberState, Purpose, summarise
from communicator.router.mesh.neighbors_file import (
    order_of,
    parse_cluster_address,
    rank,
    read_neighbors,
    render_neighbors,
)

__all__ = ["AddressBook", "Attempt", "Member", "MemberState", "Purpose"]


class AddressBook:
    """All addresses of the cluster's routers.

    Times are on the monotonic clock where they are called `now_s`, and seconds since the epoch where they are called `epoch_s`.

    Args:
        own: Our ``IP:port``.
        cluster: The configured neighbors, the saved ones, and how to meet others.
        seed: What spreads our attempts, unlike for each life of each router.
        members_max: How many addresses are remembered, ours included; beyond it only those that are configured or linked.
        now_s: When this life begins.

    Raises:
        AddressError: `own` is no address under which others could reach us.
    """

    def __init__(self, own: str, cluster: ClusterConfig, seed: str, members_max: int, now_s: float) -> None:
        host_port = parse_cluster_address(own)
        own_rank = None if host_port is None else rank(host_port)
        if host_port is None or own_rank is None:
            raise AddressError(f"{own!r} is no IP:port under which others can reach this router")
        self._own = host_port
        self._own_rank = own_rank
        self._cluster = cluster
        self._seed = seed
        self._members_max = members_max
        self._table = AddressTable()
        self._attempts = Attempts(self._table, own_rank, cluster)
        self.connect_failures: Mapping[str, int] = self._attempts.failures
        self.introductions = Introductions(self._attempts.numbers)
        self._forgotten = Forgotten(members_max)
        self._replaced = Replaced(members_max)
        self.rejected: tuple[str, ...] = ()
        """What neighbors.txt held that is no address of another router: for one notice."""
        self.reconfigure(cluster, now_s)
        self._load(cluster.saved_neighbors, now_s)

    @property
    def forgotten(self) -> Mapping[str, int]:
        """Address to when it was forgotten, in seconds since the epoch: to be told to other routers."""
        return self._forgotten.marks

    @property
    def count(self) -> int:
        """How many routers there are to be, this one included: the number the quorum is taken of."""
        return 1 + len(self._table.groups())

    @property
    def next_due_s(self) -> float | None:
        """When `due` is to be called next; None while there is nobody to try."""
        return self._attempts.next_due_s

    def members(self) -> tuple[Member, ...]:
        """All other routers."""
        linked = self._table.linked
        found = [summarise(group, is_linked=group[0].server in linked) for group in self._table.groups()]
        return tuple(sorted(found, key=lambda member: (member.server, member.address)))

    def addresses(self) -> list[str]:
        """Every other ``IP:port`` that counts, rising."""
        return sorted(map(str, self._numbers()), key=order_of)

    def has(self, address: str) -> bool:
        """Whether this ``IP:port`` is one of another router, and counts."""
        known = self._table.get(_canonical(address))
        return known is not None and not known.is_provisional

    def knows(self, server: str) -> bool:
        """Whether some address is known to be this server's."""
        return bool(self._table.of_server(server))

    def is_configured(self, server: str) -> bool:
        """Whether this server was found at a neighbor that the configuration names."""
        return any(known.is_configured for known in self._table.of_server(server))

    def is_configured_ip(self, ip: str) -> bool:
        """Whether this is our own IP address, or one of a configured neighbor's."""
        if ip == self._own.host:
            return True
        return any(
            known.is_configured or self.is_configured(known.server)
            for known in self._table
            if known.host_port.host == ip
        )

    def render_file(self) -> str:
        """What neighbors.txt is to hold."""
        servers = {known.address: known.server for known in self._table.counted() if known.server}
        return render_neighbors([self._own, *self._numbers()], servers, self._forgotten.marks)

    def hear(self, addresses: Iterable[str], now_s: float) -> bool:
        """Somebody has told of addresses.

        Returns:
            Whether there were new ones among them that we took. We take none where discovery is off, none that was forgotten or
            replaced, no loopback address unless ours is one, and none when the book is full.
        """
        if not self._cluster.discover:
            return False
        return sum(self._hear_one(text, now_s) for text in addresses) > 0

    def called(self, address: str, now_s: float) -> bool:
        """A router has told us itself (GOSSIP) that it is at this address: try it soon, also if it was forgotten or replaced.

        Returns:
            Whether the address is new, and counts.
        """
        known = self._table.get(_canonical(address))
        if known is None:
            return self._enter_caller(address, now_s)
        if not known.is_refused:
            known.due_s = min(known.due_s, now_s + known.absence.wait_after_call_s(now_s))
            self._attempts.changed()
        return False

    def prove(self, server: str, address: str, now_s: float, started_s: int | None = None) -> tuple[str, ...]:
        """A server has shown that it is at this address.

        Args:
            server: Its name.
            address: Its ``IP:port``; what is no address is ignored.
            now_s: The time.
            started_s: None when it has shown that to us. On another router's word: when that life of it began, in seconds since
                the epoch; an address that was forgotten later stays so, and what we know of linked servers and theirs is better.

        Returns:
            Addresses that the server has left: they count no longer, and hearsay does not bring them back for a day.
        """
        host_port = self._admissible(address)
        if host_port is None or (started_s is not None and self._knows_better(server, str(host_port), started_s)):
            return ()
        known = self._table.get(str(host_port))
        if known is None:
            self._make_room(also_of_proven=started_s is None)
            if started_s is not None and not self._has_room():
                return ()
            known = self._enter(host_port, now_s)
        self._forgotten.lift(known.address)
        self._replaced.lift(known.address)
        known.is_provisional = False
        self._table.assign(known, server)
        known.is_proven = True
        self._attempts.changed()
        return self._leave_others(known, now_s)

    def forget(self, what: str, epoch_s: int) -> bool:
        """An operator has said that a router does not come back.

        Args:
            what: Its ``IP:port``, or the name of the server.
            epoch_s: When that was said.

        Returns:
            Whether anything was forgotten; what is configured or linked is not.
        """
        addresses = [what] if ":" in what else [known.address for known in self._table.of_server(what)]
        return sum(self._forget_one(address, epoch_s) for address in addresses) > 0

    def leave(self, server: str, left: Iterable[str], epoch_s: int) -> None:
        """Tell others, as of forgotten ones, of addresses that a proven server has left: they may not know whose they were.

        Above all the server itself, on its new machine, cannot know. `left` is what `prove` returned, `epoch_s` the time now.
        """
        moved = [
            each for each in self._table.of_server(server) if each.rank is not None and self._table.has_moved(each)
        ]
        for address in sorted({*left, *(known.address for known in moved)} - self._forgotten.marks.keys()):
            self._forgotten.mark(address, epoch_s)

    def merge_forgotten(self, marks: Mapping[str, int], epoch_s: int) -> bool:
        """Another router tells what was forgotten.

        Args:
            marks: Address to when that was, in seconds since the epoch.
            epoch_s: The time now.

        Returns:
            Whether anything was news.
        """
        self._forgotten.expire(epoch_s)
        news = [
            (address, mark_s) for address, mark_s in marks.items() if self._forgotten.is_news(address, mark_s, epoch_s)
        ]
        return sum(self._forget_one(address, mark_s) for address, mark_s in news) > 0

    def reconfigure(self, cluster: ClusterConfig, now_s: float) -> None:
        """Take the configured neighbors over; who is no longer one stays only if it was met, and discovery is on."""
        self._cluster = self._attempts.cluster = cluster
        wanted = {}
        for neighbor in cluster.neighbors:
            host_port = parse_cluster_address(str(neighbor.host_port)) or neighbor.host_port
            if host_port != self._own:
                wanted[str(host_port)] = (host_port, neighbor.secure)
        for known in self._table:
            known.secure = cluster.dials_secure
            if known.is_configured and known.address not in wanted:
                known.is_configured = False
                if not (known.is_proven and cluster.discover):
                    self._attempts.drop(known)
        for address, (host_port, secure) in wanted.items():
            self._forgotten.lift(address)
            self._replaced.lift(address)
            known = self._table.get(address) or self._enter(host_port, now_s)
            known.is_configured, known.is_provisional, known.secure = True, False, secure
        self._attempts.changed()

    def due(self, now_s: float) -> list[Attempt]:
        """The attempts to make now, a handful; each is open until it is said how it ended."""
        return self._attempts.due(now_s)

    def attempt(self, number: int) -> Attempt | None:
        """An open attempt or introduction; None when it has ended, or its address was given up."""
        return self._attempts.get(number) or self.introductions.get(number)

    def failed(self, number: int, reason: str, now_s: float) -> bool:
        """An attempt came to nothing.

        Returns:
            Whether services should hear of it: the first time in an absence, and again every ten minutes.
        """
        self.introductions.end(number)
        return self._attempts.failed(number, reason, now_s)

    def refused(self, number: int, reason: str, now_s: float) -> None:
        """The router at the other end does not want us, for now."""
        self.introductions.end(number)
        self._attempts.refused(number, reason, now_s)

    def gossiped(self, number: int, now_s: float) -> None:
        """The router has taken our address and is to dial us, or has heard of another one."""
        self.introductions.end(number)
        self._attempts.gossiped(number, now_s)

    def ourselves(self, number: int, now_s: float) -> None:
        """The attempt has reached this very router: the address is ours too, and nobody else's."""
        known = self._attempts.end(number)
        if known is not None:
            self._replaced.add(known.address, now_s)
            self._attempts.drop(known)

    def linked(self, where: int | str, server: str, now_s: float) -> None:
        """A router is linked.

        Args:
            where: The number of the attempt, or the address that the router gave.
            server: Who it is.
            now_s: Since when.
        """
        known = self._attempts.end(where) if isinstance(where, int) else self._table.get(_canonical(where))
        if known is not None:
            self._table.assign(known, server)
        self._table.linked.add(server)
        for each in self._table.of_server(server):
            each.begin_absence(self._key(each.address), now_s)
        self._attempts.changed()

    def lost(self, where: str, now_s: float) -> None:
        """The link to a router is gone.

        Args:
            where: The server, or its address.
            now_s: Since when.
        """
        known = self._table.get(_canonical(where))
        server = where if known is None else known.server
        self._table.linked.discard(server)
        for each in self._table.of_server(server):
            each.begin_absence(self._key(each.address), now_s)
            each.due_s = now_s + each.absence.wait_after_loss_s()
        self._attempts.changed()

    def _load(self, text: str, now_s: float) -> None:
        saved = read_neighbors(text)
        self.rejected = tuple(saved.rejected)
        for address, mark_s in saved.forgotten.items():
            if self._table.get(address) is None:
                self._forgotten.mark(address, mark_s)
        self.hear(map(str, saved.addresses), now_s)
        for address, server in saved.servers.items():
            known = self._table.get(address)
            if known is not None:
                self._table.assign(known, server)
                known.is_proven = not known.is_configured

    def _numbers(self) -> list[HostPort]:
        """Where routers are; an address whose server has moved counts with it here, but would count by itself elsewhere."""
        here = [known for known in self._table.counted() if not self._table.has_moved(known)]
        return [known.host_port for known in here if known.rank is not None]

    def _key(self, address: str) -> str:
        return f"{self._seed} {address}"

    def _admissible(self, text: str) -> HostPort | None:
        """An address of another router, if it is one that can be reached from here."""
        host_port = parse_cluster_address(text)
        if host_port is None or host_port == self._own or (host_port.is_loopback and not self._own.is_loopback):
            return None
        return host_port

    def _hear_one(self, text: str, now_s: float) -> bool:
        if self._table.get(text) is not None or not self._has_room():
            return False
        host_port = self._admissible(text)
        address = str(host_port)
        if host_port is None or self._table.get(address) is not None:
            return False
        if address in self._forgotten.marks or self._replaced.holds(address, now_s):
            return False
        self._enter(host_port, now_s)
        return True

    def _enter_caller(self, address: str, now_s: float) -> bool:
        host_port = self._admissible(address)
        if host_port is None or not self._cluster.discover or not self._has_room():
            return False
        known = self._enter(host_port, now_s)
        known.is_provisional = known.address in self._forgotten.marks or self._replaced.holds(known.address, now_s)
        return not known.is_provisional

    def _enter(self, host_port: HostPort, now_s: float) -> KnownAddress:
        address = str(host_port)
        absence = Absence(self._key(address), now_s)
        known = KnownAddress(host_port, address, rank(host_port), absence, now_s, self._cluster.dials_secure)
        self._table.add(known)
        self._attempts.changed()
        return known

    def _has_room(self) -> bool:
        return len(self._table) + 1 < self._members_max

    def _make_room(self, *, also_of_proven: bool) -> None:
        """Who is proven to be there is worth more than an address that was only told of, or has long been tried in vain."""
        if self._has_room():
            return
        spare = [
            known
            for known in self._table
            if not known.is_configured
            and known.server not in self._table.linked
            and (also_of_proven or not known.is_proven)
        ]
        if spare:
            self._attempts.drop(max(spare, key=lambda known: (not known.is_proven, known.absence.failures)))

    def _leave_others(self, known: KnownAddress, now_s: float) -> tuple[str, ...]:
        """A server has one proven address; those it had before are no longer its own."""
        others = [other for other in self._table.of_server(known.server) if other is not known]
        left = [other for other in others if other.is_proven or not other.is_configured]
        for other in left:
            other.is_proven = False
            if not other.is_configured:
                self._replaced.add(other.address, now_s)
                self._attempts.drop(other)
        return tuple(other.address for other in left)

    def _knows_better(self, server: str, address: str, started_s: int) -> bool:
        known = self._table.get(address)
        who = {server} if known is None else {server, known.server}  # of these, one that is linked is where it is
        return not who.isdisjoint(self._table.linked) or self._forgotten.marks.get(address, -1) >= started_s

    def _forget_one(self, address: str, mark_s: int) -> bool:
        host_port = self._admissible(address)
        if host_port is None:
            return False
        known = self._table.get(str(host_port))
        if known is not None:
            if known.is_configured or known.server in self._table.linked:
                return False
            self._attempts.drop(known)
        self._forgotten.mark(str(host_port), mark_s)
        return True


def _canonical(text: str) -> str:
    host_port = parse_cluster_address(text)
    return text if host_port is None else str(host_port)
