"""Who is reached over whom: the graph that the routers' own words make, and the one best way to each; it moves nothing.

Two routers are linked when both say so; a leaf, which cannot speak for itself, when a router says so. A link costs what the
end that thinks worse of it says. Nothing passes through a leaf.

Between two routers there may be several ways of the same cost. All routers must choose the same one, for both directions: then
messages keep their order, the way back is the way there (which is how a sender is checked), and next hops never form a loop.
So a weight is an integer whose upper part is the cost in millionths and whose lower `_TIE_BITS` bits are a hash of the pair of
names. Sums are exact, whatever their order, and the lower parts of 1,024 hops cannot carry into the upper one: a cheaper way
always wins, and ways of one cost are told apart by their names. Two such ways tie with a chance of 2^-64; a cluster of 1,000
routers has some 2^19 pairs of them with a handful of such ways each, so that about one cluster in 2^42 has a tie at all.
"""

import hashlib
import heapq
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from communicator.router.vocabulary.records import Leaf, LinksState, NeighborState

_COST_STEPS = 1_000_000
_HASH_BYTES = 8
_TIE_BITS = 8 * _HASH_BYTES + 10


class Reach(NamedTuple):
    """The way to a server."""

    server: str
    next_hop: str
    path: tuple[str, ...]
    """Servers on the way, from our own to the one reached."""
    cost: float
    is_leaf: bool

    @property
    def hops(self) -> int:
        """How many links that is."""
        return len(self.path) - 1


class Edge(NamedTuple):
    """A link that someone tells of; `a` is the lesser name."""

    a: str
    b: str
    cost: float
    confirmed: bool
    """Both ends tell of it, or one tells of a leaf: it is used."""


class _Way(NamedTuple):
    """The best way to a router, from our own on."""

    weight: int
    path: tuple[str, ...]


class _Attachments(msgspec.Struct, frozen=True):
    """The ends of a leaf's links."""

    weights: dict[str, int] = {}
    """By the router that tells of the leaf."""
    leaves: dict[str, Leaf] = {}


class _Map:
    """All that follows from one state of the links."""

    def __init__(self, own: str, links: Mapping[str, LinksState]) -> None:
        self.own = own
        self.told = {server: {one.server: one for one in state.neighbors} for server, state in links.items()}
        self.linked: dict[str, dict[str, int]] = {}
        """What each link between two routers weighs, from both ends."""
        self.attachments: dict[str, _Attachments] = {}
        self._read()
        self.reaches: dict[str, Reach] = {}
        self.leaves: dict[str, Leaf] = {}
        self._enter_routers()
        self._enter_leaves()
        self.reachable = frozenset(self.reaches)
        self.behind: dict[str, frozenset[str]] = {}
        """Filled as it is asked for."""

    def word_of(self, teller: str, server: str) -> NeighborState | None:
        """What a router says of its link to a server."""
        neighbors = self.told.get(teller)
        return neighbors.get(server) if neighbors else None

    def attached(self, leaf: str) -> Collection[str]:
        """The routers that tell of a leaf."""
        ends = self.attachments.get(leaf)
        return ends.weights if ends else ()

    def find_behind(self, neighbor: str) -> frozenset[str]:
        """See `Topology.behind`."""
        word = self.word_of(self.own, neighbor)
        if word is not None and word.leaf is not None:
            return frozenset((neighbor,))
        routers, ahead = {neighbor}, [neighbor]
        while ahead:
            found = self.linked.get(ahead.pop(), {}).keys() - routers - {self.own}
            routers |= found
            ahead.extend(found)
        leaves = (leaf for leaf, ends in self.attachments.items() if not routers.isdisjoint(ends.weights))
        return frozenset(routers.union(leaf for leaf in leaves if not self._is_reached_router(leaf)))

    def _is_reached_router(self, server: str) -> bool:
        return server == self.own or (server in self.reaches and server not in self.leaves)

    def _read(self) -> None:
        for teller, neighbors in self.told.items():
            for server, neighbor in neighbors.items():
                if neighbor.leaf is not None:
                    ends = self.attachments.setdefault(server, _Attachments())
                    ends.weights[teller] = _weight(teller, server, neighbor.cost)
                    ends.leaves[teller] = neighbor.leaf
                elif teller < server and (back := self.word_of(server, teller)) is not None and back.leaf is None:
                    weight = _weight(teller, server, max(neighbor.cost, back.cost))
                    self.linked.setdefault(teller, {})[server] = weight
                    self.linked.setdefault(server, {})[teller] = weight

    def _enter_routers(self) -> None:
        self._ways = _find_ways(self.linked, self.own)
        for server, way in self._ways.items():
            if server != self.own:
                self._enter(server, way.path, way.weight, is_leaf=False)

    def _enter_leaves(self) -> None:
        for server, ends in self.attachments.items():
            near = {via: weight for via, weight in ends.weights.items() if via in self._ways}
            if near and server not in self._ways:
                weight, via = min((self._ways[via].weight + weight, via) for via, weight in near.items())
                self._enter(server, (*self._ways[via].path, server), weight, is_leaf=True)
                services = {service for teller in near for service in ends.leaves[teller].services}
                self.leaves[server] = Leaf(ends.leaves[via].address, tuple(sorted(services)))

    def _enter(self, server: str, path: tuple[str, ...], weight: int, *, is_leaf: bool) -> None:
        self.reaches[server] = Reach(server, path[1], path, (weight >> _TIE_BITS) / _COST_STEPS, is_leaf)


class Topology:
    """The ways from one router to all others, worked out anew when someone asks after a change.

    Args:
        own: The name of the router whose ways these are.
    """

    def __init__(self, own: str) -> None:
        self.generation = 0
        """Grows with each `update`."""
        self._own = own
        self._links: Mapping[str, LinksState] = {}
        self._known: _Map | None = None

    def update(self, links: Mapping[str, LinksState]) -> None:
        """Take note that links have changed.

        Args:
            links: What each router, our own among them, says of itself; it is read at the next question, not now.
        """
        self._links = links
        self._known = None
        self.generation += 1

    def reach(self, server: str) -> Reach | None:
        """The way to another server; None when there is none, and for our own."""
        return self._map.reaches.get(server)

    def reachable(self) -> frozenset[str]:
        """All servers there is a way to, without our own."""
        return self._map.reachable

    def leaf(self, server: str) -> Leaf | None:
        """What is known of a leaf: its address by the router on the way, its services by all; None for a router."""
        return self._map.leaves.get(server)

    def neighbors(self, server: str) -> AbstractSet[str]:
        """To whom a server says that it is linked, leaves among them."""
        return self._map.told.get(server, {}).keys()

    def attached(self, leaf: str) -> frozenset[str]:
        """The routers that a leaf is linked to."""
        return frozenset(self._map.attached(leaf))

    def behind(self, neighbor: str) -> frozenset[str]:
        """The servers that can be reached over a neighbor without passing us, itself included.

        A link is younger than the words about it: whether ours to the neighbor is confirmed yet makes no difference.
        """
        known = self._map
        if neighbor == self._own:
            return frozenset()
        if neighbor not in known.behind:
            known.behind[neighbor] = known.find_behind(neighbor)
        return known.behind[neighbor]

    def edges(self) -> list[Edge]:
        """Every link anyone tells of, by names; those between two leaves, which carry nothing, left out."""
        known = self._map
        costs: dict[tuple[str, str], float] = {}
        for teller, neighbors in known.told.items():
            for server, neighbor in neighbors.items():
                pair = _pair(teller, server)
                costs[pair] = max(neighbor.cost, costs.get(pair, 0.0))
        return [
            Edge(a, b, cost, b in known.linked.get(a, ()) or a in known.attached(b) or b in known.attached(a))
            for (a, b), cost in sorted(costs.items())
            if not (a in known.leaves and b in known.leaves)
        ]

    @property
    def _map(self) -> _Map:
        if self._known is None:
            self._known = _Map(self._own, self._links)
        return self._known


def _find_ways(linked: Mapping[str, Mapping[str, int]], own: str) -> dict[str, _Way]:
    """The best way to each router that can be reached, the nearest first: Dijkstra's algorithm."""
    ways: dict[str, _Way] = {}
    lightest = {own: 0}
    ahead = [_Way(0, (own,))]
    while ahead:
        way = heapq.heappop(ahead)
        router = way.path[-1]
        if router in ways:
            continue  # a lighter way was found after this one was entered
        ways[router] = way
        for neighbor, step in linked.get(router, {}).items():
            weight = way.weight + step
            if neighbor not in lightest or weight < lightest[neighbor]:
                lightest[neighbor] = weight
                heapq.heappush(ahead, _Way(weight, (*way.path, neighbor)))
    return ways


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _weight(one: str, other: str, cost: float) -> int:
    """What a link weighs: first its cost, then, among equals, the hash of its names; see the top of this module."""
    steps = max(1, round(cost * _COST_STEPS))
    names = " ".join(_pair(one, other)).encode()
    return steps << _TIE_BITS | int.from_bytes(hashlib.blake2b(names, digest_size=_HASH_BYTES).digest())
