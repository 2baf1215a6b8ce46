"""What a router knows of the others: who is linked, who is reachable which way, who offers what; it sends nothing."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum, auto

from communicator.fairness.sources import Sources
from communicator.protocol.addresses import ip_of
from communicator.protocol.values import NS_PER_S
from communicator.router.cores.contests import Contests
from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.book.book import AddressBook
from communicator.router.mesh.book.members import OutOfReach
from communicator.router.mesh.directory import Directory
from communicator.router.mesh.doubts import Doubts
from communicator.router.mesh.gatekeeper import Gatekeeper
from communicator.router.mesh.heartbeat import Heartbeat
from communicator.router.mesh.link_state import Database
from communicator.router.mesh.offer import SERVICES_TAKEN, Offer, order_neighbors, render_offer
from communicator.router.mesh.received import Received
from communicator.router.mesh.strangers import Strangers
from communicator.router.mesh.topology import Topology
from communicator.router.mesh.unlisted import Unlisted
from communicator.router.vocabulary.carrier import Carrier, Hop
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.records import Leaf, LinksState, NeighborState, Record
from communicator.router.vocabulary.registry import Link, Peer

ACK = "ack/1"
"""The feature of a router that acknowledges messages."""
LINK_COST = 1.0
"""Of a link to another router: what is cheapest is what has the fewest hops."""
SETTLING_S = 10.0
"""After a change of the routes: as long as others may still send by the old ones."""


ANNOUNCED_S = 12.0
"""How long a copy of what our routers have announced may be under way: a C++ router drops it after 10 s, by its own clock."""
ANNOUNCED_KEPT = 4_096
"""How many of these messages are remembered; beyond it the oldest are forgotten."""


class Weight(Enum):
    """What a word about a server is worth that comes over a link."""

    CERTAIN = auto()
    """The server is at the other end, or the way to it leads over that link: whatever its numbers are."""
    OPEN = auto()
    """There is no way to the server, so that anybody may tell of it: the later word counts."""
    DOUBTFUL = auto()
    """The server is at the end of another link, or the way to it leads over another one."""


class Mesh:
    """Members, links and ways of the cluster, as this router sees them. It is the `Carrier` over links between routers.

    Args:
        config: Who we are.
        now: When this life began.
        deadlines: Where it announces when something is to be done.
        carrier: What brings lines to other routers, where these links do not.
    """

    def __init__(
        self, config: RouterConfig, now: Instant, deadlines: Deadlines, carrier: Carrier | None = None
    ) -> None:
        self.own = config.server_name
        self._deadlines = deadlines
        self._book = AddressBook(
            config.my_address, config.cluster, config.boot_id, config.limits.members, now.monotonic_s
        )
        self.sources = Sources(self._book.is_configured_ip)
        """How the addresses of other hosts stand."""
        for address in self._book.told():
            self.sources.note_proven(ip_of(address), now.monotonic_s)
        self.gate = Gatekeeper(self._book.is_configured_ip, self.sources)
        self.heartbeat = Heartbeat(config.boot_id, deadlines.add("heartbeat"))
        self.out_of_reach = OutOfReach()
        self.doubts = Doubts(deadlines.add("doubts"), deadlines.add("compare"))
        self.unlisted = Unlisted(deadlines.add("unlisted"))
        self.announced = Received(ANNOUNCED_S, ANNOUNCED_KEPT)
        self.database = Database(config.server_name, config.boot_id, now.wall_ns // NS_PER_S, config.limits.members)
        self._topology = Topology(config.server_name, {})
        self.directory = Directory(self.database, carrier or self, self.unlisted)
        self.peers: dict[str, Link] = {}
        """Server to the link on which it was accepted."""
        self.strangers = Strangers(deadlines.add("strangers"))
        self.contests = Contests[Offer](deadlines.add("contests of servers"))
        self.unpublished: set[str] = set()
        """Parts of our services that have changed since they were told."""
        self.publish = deadlines.add("publish")
        """When they are to be told."""
        self.status = deadlines.add("status")
        """When the state of the cluster is to be looked at."""
        self.settling = deadlines.add("settling")
        """Until then lines may still come by ways that were good a moment ago."""
        self.namesake: Record | None = None
        """What was last heard of a router of our name that is not ours."""
        self.republished_s = float("-inf")
        """When we last said everything of ourselves anew."""
        self.republish = deadlines.add("republish")
        """When we are to do it again."""
        self._links_seen = -1

    @property
    def book(self) -> AddressBook:
        """Whom to dial, and when; whoever takes it in hand may change when."""
        self._deadlines.changed()
        return self._book

    @property
    def next_dial_s(self) -> float | None:
        """When the address book names somebody to dial, on the monotonic clock."""
        return self._book.next_due_s

    @property
    def topology(self) -> Topology:
        """The ways to all others, by all that everybody tells of links."""
        self.refresh()
        return self._topology

    @property
    def is_alone(self) -> bool:
        """Whether there has never been anybody to talk to."""
        return not self.peers and len(self.database.links()) <= 1

    def refresh(self) -> None:
        """Work the ways out anew if the links that everybody tells of have changed."""
        if self._links_seen != self.database.links_generation:
            self._links_seen = self.database.links_generation
            self._topology = Topology(self.own, self.database.links())

    def hop(self, server: str) -> Hop | None:
        """See `Carrier`."""
        direct = self.peers.get(server)
        if direct is not None and direct.peer is not None:
            return Hop(direct, is_last=True, is_leaf=direct.peer.is_leaf)
        reach = self.topology.reach(server)
        link = None if reach is None else self.peers.get(reach.next_hop)
        return None if link is None else Hop(link, is_last=False)

    def cost(self, server: str) -> float | None:
        """See `Carrier`."""
        if server == self.own:
            return 0.0
        reach = self.topology.reach(server)
        return None if reach is None else reach.cost

    @property
    def generation(self) -> int:
        """See `Carrier`."""
        return self.database.links_generation

    def opened(self, _link: Link) -> bool:
        """See `Carrier`: each link leads to one router, which first has to show who it is."""
        return False

    def closed(self, link: Link) -> None:
        """See `Carrier`."""

    def reached(self, link: Link, servers: frozenset[str]) -> None:
        """See `Carrier`."""

    def onward(self, source: Link | None) -> list[Link]:
        """See `Carrier`: to every router that keeps a directory."""
        return [
            link
            for link in self.peers.values()
            if link is not source and link.peer is not None and not link.peer.is_leaf
        ]

    def reachable(self) -> frozenset[str]:
        """See `Carrier`."""
        if self.is_alone:
            return frozenset()
        return self.topology.reachable()

    def leaf(self, server: str) -> Leaf | None:
        """See `Carrier`."""
        return self.topology.leaf(server)

    def path(self, server: str) -> tuple[str, ...]:
        """See `Carrier`."""
        reach = self.topology.reach(server)
        return () if reach is None else reach.path

    def may_carry(self, link: Link, server: str, now_s: float) -> bool:
        """Whether a line that comes over this link may have been sent by a service of this server.

        It may when the server is the one at the other end, or when the way there leads over that link: ways are the same in both
        directions. While routes are settling others may still use another way, so that any way there is believed.
        """
        peer = link.peer
        if peer is None or server == self.own:
            return False
        if peer.server == server:
            return True
        if peer.is_leaf:
            return False
        reach = self.topology.reach(server)
        if reach is not None and reach.next_hop == peer.server:
            return True
        return self.settling.is_ahead(now_s) and server in self.topology.behind(peer.server)

    def weigh(self, link: Link, record: Record) -> Weight:
        """What a word of another router is worth that comes over this link.

        A member is believed about itself, and about those who are reached over it: it could as well drop what is for them. The
        ways are those that were last worked out: to do it anew at each word would cost too much while everybody has news.
        """
        own = self.peers.get(record.server)
        if own is not None:
            is_own = own is link and own.peer is not None and own.peer.boot_id == record.boot_id
            return Weight.CERTAIN if is_own else Weight.DOUBTFUL
        reach = self._topology.reach(record.server)
        if reach is not None and reach.next_hop not in self.peers:
            self.refresh()
            reach = self._topology.reach(record.server)
        if reach is None:
            return Weight.OPEN
        return Weight.CERTAIN if self.peers.get(reach.next_hop) is link else Weight.DOUBTFUL

    def is_joined_by(self, record: Record) -> bool:
        """Whether a server that is not reached would be by this word: it and somebody who is say that they are linked."""
        neighbors = record.state.neighbors if isinstance(record.state, LinksState) else ()
        return any(record.server in self._linked_with(neighbor.server) for neighbor in neighbors)

    def _linked_with(self, server: str) -> AbstractSet[str]:
        is_there = server == self.own or self._topology.reach(server) is not None
        return self._topology.neighbors(server) if is_there else frozenset()

    def knows_better(self, server: str, link: Link) -> bool:
        """Whether we are certain what is true of a server, and not by the word of the router at the end of this link."""
        direct = self.peers.get(server)
        if direct is not None or server == self.own:
            return direct is not link
        reach = self.topology.reach(server)
        return reach is not None and self.peers.get(reach.next_hop) not in (None, link)

    def knows(self, server: str) -> bool:
        """Whether this server is, or was, one of the cluster, reachable or not."""
        return server in self.peers or server in self.database.links() or self._book.knows(server)

    def own_links(self, config: RouterConfig, orders: str) -> LinksState:
        """What we tell the others of ourselves and our links; which orders of operators we obey is in our policy."""
        neighbors = tuple(_neighbor(link.peer) for _, link in sorted(self.peers.items()) if link.peer is not None)
        return LinksState(
            address=config.my_address,
            secure=config.cluster.secure,
            neighbors=neighbors,
            features=tuple(sorted(config.cluster.features)),
            forgotten=dict(self._book.forgotten),
            orders=orders,
        )

    def own_offer(self, config: RouterConfig, receiver: str) -> dict[str, str]:
        """What we tell a router at this address of ourselves when we meet it."""
        heard_of = sorted({instance.service for instance in self.directory.all()})[:SERVICES_TAKEN]
        return render_offer(config, order_neighbors(self._book.told(), receiver, self.members()), heard_of)

    def acknowledges(self, server: str) -> bool:
        """Whether this router says ACKNOWLEDGED when a message has arrived."""
        return self.has_feature(server, ACK)

    def has_feature(self, server: str, feature: str) -> bool:
        """Whether this router says that it can do something."""
        state = self.database.links().get(server)
        return state is not None and feature in state.features

    def members(self) -> frozenset[str]:
        """The addresses of the other routers that keep a directory and can be reached."""
        links = self.database.links()
        return frozenset(state.address for server, state in links.items() if self.hop(server) is not None)

    def addresses(self) -> Mapping[str, str]:
        """Server to its address, of all we have heard of: a router tells its own, and those of the leaves it is linked to."""
        links = self.database.links()
        leaves = {
            neighbor.server: neighbor.leaf.address
            for state in links.values()
            for neighbor in state.neighbors
            if neighbor.leaf is not None
        }
        told = {server: state.address for server, state in links.items()}
        return (
            leaves | told | {server: link.peer.address for server, link in self.peers.items() if link.peer is not None}
        )


def _neighbor(peer: Peer) -> NeighborState:
    leaf = Leaf(peer.address, peer.services) if peer.is_leaf else None
    return NeighborState(peer.server, LINK_COST, leaf)
