"""How C++ routers spread a message, which ours do among them: to whom it goes, and what is written on each copy.

A C++ router sends a message that it cannot deliver to each router that it dialled, and to the first of those that dialled it. It
writes down whom it has sent it to: who was dialled, by their addresses, and whoever dialled it, by its *own* address. A router of
that list gets no second copy. So copies take one way through a mesh although nobody knows the whole of it, and our routers have to
keep to the same order: a C++ router that delivers a message does not remember it, and would deliver a second copy.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from communicator.protocol.addresses import ip_of
from communicator.protocol.line_form import Head
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.protocol.values import NS_PER_S
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import OWNED_SERVICES
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.envelope import BROADCAST_ID, INFORMED, SPREAD_HOPS, SPREAD_UNTIL, Spread
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

TIMEOUT_S = 10
"""How long a copy may be under way, by the wall clock of the first router; C++ routers write the same."""
HOPS_MAX = 5
"""A broadcast that has passed so many C++ routers is delivered, and goes no further."""


def hear_sender(board: Switchboard, message: Message | Head, now: Instant) -> None:
    """Remember where a service of a C++ router is that no list names, now that it has spoken.

    Args:
        board: The router's state.
        message: What has come from another router, and is believed; its head is enough.
        now: The time.
    """
    server, service = message.sent_from_server, message.sent_from_service
    is_known_here = service in board.config.known_services or board.registry.live(service) is not None
    if is_known_here or service in ("", ROUTER_SERVICE) or service in OWNED_SERVICES or service in board.config.owners:
        return
    if board.carrier.leaf(server) is not None and not board.mesh.directory.is_listed(service):
        board.mesh.unlisted.hear(service, server, now.monotonic_s)


def flood_targets(board: Switchboard, source: Link, informed: frozenset[str]) -> tuple[list[Link], frozenset[str]]:
    """The routers that get a copy from us, and the list of those that have one then.

    Args:
        board: The router's state.
        source: The link that the message came over.
        informed: The IP addresses that the message lists.
    """
    own = board.config.own_ip
    links = []
    for link in board.mesh.peers.values():  # in the order in which they were linked
        peer = link.peer
        if peer is None or link is source:
            continue
        listed = own if link.dial is None else ip_of(peer.address)
        if listed not in informed:
            informed |= {listed}
            links.append(link)
    return links, informed


def flood_parameters(config: RouterConfig, spread: Spread, informed: Iterable[str], now: Instant) -> dict[str, str]:
    """What a C++ router reads on a copy; each is well formed, since it dies of others.

    Args:
        config: Who we are.
        spread: What the message came with.
        informed: The IP addresses of the routers that have a copy, or get one from us.
        now: The time.
    """
    own = config.own_ip
    return {
        BROADCAST_ID: spread.identity,
        SPREAD_HOPS: str(spread.hops + 1),
        "broadcast_originator": f"[{own}]" if ":" in own else own,
        SPREAD_UNTIL: spread.until or str(now.wall_ns // NS_PER_S + TIMEOUT_S),
        INFORMED: ",".join(sorted(set(informed) - {""})),
        "secure_remote": "false",
    }


class Surroundings(NamedTuple):
    """Who can be reached now, as C++ routers name it: by IP address."""

    routers: frozenset[str]
    """Ours, this one included."""
    leaves: Mapping[str, str]
    """C++ routers that are linked with one of ours, by name."""
    is_complete: bool
    """Every known router is one of these: no C++ router has to pass anything on."""

    def listed(self, informed: frozenset[str]) -> frozenset[str]:
        """What a broadcast lists for leaves, beside those that it lists already.

        Where somebody is missing, a leaf may be the only way there. It is told of our routers alone, and tells all others: a
        broadcast that comes twice is known by its identifier.
        """
        return informed | self.routers | (frozenset(self.leaves.values()) if self.is_complete else frozenset())


def look_around(board: Switchboard) -> Surroundings:
    """The routers that can be reached, and whether others are known."""
    mesh = board.mesh
    own, leaves = board.config.own_ip, mesh.directory.leaves()
    reachable = board.carrier.reachable() | mesh.peers.keys()
    ips = {server: ip_of(address) for server, address in mesh.addresses().items() if server in reachable}
    return Surroundings(
        routers=frozenset((own, *(ip for server, ip in ips.items() if server not in leaves))),
        leaves={server: ip for server, ip in ips.items() if server in leaves},
        is_complete=set(map(ip_of, mesh.book.addresses())) <= {own, *ips.values()},
    )
