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
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from communicator.router.vocabulary.records import Leaf, LinksState

_COST_STEPS = 1_000_000
_HASH_BYTES = 8
_TIE_BITS = 8 * _HASH_BYTES + 10
_WEIGHTS_KEPT = 4_096
"""Each change of a link has the weights of all worked out anew: those of a cluster of 1,000 routers with eight links each."""


class Way(NamedTuple):
    """The best way to a server."""

    weight: int
    path: tuple[str, ...]
    """Servers on the way, from our own to the one reached."""

    @property
    def next_hop(self) -> str:
        """The first server after our own."""
        return self.path[1]

    @property
    def cost(self) -> float:
        """Of all its links, as routers tell it."""
        return (self.weight >> _TIE_BITS) / _COST_STEPS


class Edge(NamedTuple):
    """A link that someone tells of; `a` is the lesser name."""

    a: str
    b: str
    cost: float
    confirmed: bool
    """Both ends tell of it, or one tells of a leaf: it is used."""


class Topology:
    """The ways from one router to all others: all that follows from one state of the links.

    Args:
        own: The name of the router whose ways these are.
        links: What each router, our own among them, says of itself.
    """

    def __init__(self, own: str, links: Mapping[str, LinksState]) -> None:
        self._own = own
        self._told = {server: {one.server: one for one in state.neighbors} for server, state in links.items()}
        self._linked: dict[str, dict[str, int]] = {}
        """What each link between two routers weighs, from both ends."""
        self._attachments: dict[str, dict[str, tuple[int, Leaf]]] = {}
        """By leaf, and by the router that tells of it: what that link weighs, and what is told."""
        self._read()
        self._ways = _find_ways(self._linked, own)
        self._leaves: dict[str, Leaf] = {}
        self._enter_leaves()
        del self._ways[own]
        self._reachable = frozenset(self._ways)
        self._behind: dict[str, frozenset[str]] = {own: frozenset()}
        """Filled as it is asked for."""

    def reach(self, server: str) -> Way | None:
        """The way to another server; None when there is none, and for our own."""
        return self._ways.get(server)

    def reachable(self) -> frozenset[str]:
        """All servers there is a way to, without our own."""
        return self._reachable

    def leaf(self, server: str) -> Leaf | None:
        """What is known of a leaf: its address by the router on the way, its services by all; None for a router."""
        return self._leaves.get(server)

    def neighbors(self, server: str) -> AbstractSet[str]:
        """To whom a server says that it is linked, leaves among them."""
        return self._told.get(server, {}).keys()

    def attached(self, leaf: str) -> frozenset[str]:
        """The routers that tell of a leaf."""
        return frozenset(self._attachments.get(leaf, ()))

    def behind(self, neighbor: str) -> frozenset[str]:
        """The servers that can be reached over a neighbor without passing us, itself included.

        A link is younger than the words about it: whether ours to the neighbor is confirmed yet makes no difference.
        """
        if neighbor not in self._behind:
            self._behind[neighbor] = self._find_behind(neighbor)
        return self._behind[neighbor]

    def edges(self) -> list[Edge]:
        """Every link anyone tells of, by names; those between two leaves, which carry nothing, left out."""
        costs: dict[tuple[str, str], float] = {}
        for teller, neighbors in self._told.items():
            for server, neighbor in neighbors.items():
                pair = _pair(teller, server)
                costs[pair] = max(neighbor.cost, costs.get(pair, 0.0))
        return [
            Edge(a, b, cost, b in self._linked.get(a, ()) or a in self.attached(b) or b in self.attached(a))
            for (a, b), cost in sorted(costs.items())
            if not (a in self._leaves and b in self._leaves)
        ]

    def _find_behind(self, neighbor: str) -> frozenset[str]:
        word = self._told.get(self._own, {}).get(neighbor)
        if word is not None and word.leaf is not None:
            return frozenset((neighbor,))
        routers, ahead = {neighbor}, [neighbor]
        while ahead:
            found = self._linked.get(ahead.pop(), {}).keys() - routers - {self._own}
            routers |= found
            ahead.extend(found)
        leaves = (leaf for leaf, ends in self._attachments.items() if not routers.isdisjoint(ends))
        return frozenset(routers.union(leaf for leaf in leaves if not self._is_reached_router(leaf)))

    def _is_reached_router(self, server: str) -> bool:
        return server == self._own or (server in self._ways and server not in self._leaves)

    def _read(self) -> None:
        for teller, neighbors in self._told.items():
            for server, neighbor in neighbors.items():
                if neighbor.leaf is not None:
                    weight = _weight(teller, server, neighbor.cost)
                    self._attachments.setdefault(server, {})[teller] = weight, neighbor.leaf
                elif teller < server and (back := self._told.get(server, {}).get(teller)) and back.leaf is None:
                    weight = _weight(teller, server, max(neighbor.cost, back.cost))
                    self._linked.setdefault(teller, {})[server] = weight
                    self._linked.setdefault(server, {})[teller] = weight

    def _enter_leaves(self) -> None:
        routers = dict(self._ways)
        for server, ends in self._attachments.items():
            near = {via: end for via, end in ends.items() if via in routers}
            if near and server not in routers:
                weight, via = min((routers[via].weight + weight, via) for via, (weight, _) in near.items())
                self._ways[server] = Way(weight, (*routers[via].path, server))
                services = {service for _, leaf in near.values() for service in leaf.services}
                self._leaves[server] = Leaf(near[via][1].address, tuple(sorted(services)))


def _find_ways(linked: Mapping[str, Mapping[str, int]], own: str) -> dict[str, Way]:
    """The best way to each router that can be reached, the nearest first: Dijkstra's algorithm."""
    ways: dict[str, Way] = {}
    lightest = {own: 0}
    ahead = [Way(0, (own,))]
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
                heapq.heappush(ahead, Way(weight, (*way.path, neighbor)))
    return ways


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


@lru_cache(_WEIGHTS_KEPT)
def _weight(one: str, other: str, cost: float) -> int:
    """What a link weighs: first its cost, then, among equals, the hash of its names; see the top of this module."""
    steps = max(1, round(cost * _COST_STEPS))
    names = " ".join(_pair(one, other)).encode()
    return steps << _TIE_BITS | int.from_bytes(hashlib.blake2b(names, digest_size=_HASH_BYTES).digest())
