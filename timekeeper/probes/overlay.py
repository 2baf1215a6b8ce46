"""PURE: which host probes which, the same on every host that knows the same names; it probes none.

Both hosts of a pair probe each other: a host that only its own word would place could say whatever it likes of its clock.

Up to 30 hosts everybody is measured against everybody. Above, the pairs are the edges of a d-regular graph with
d = max(8, 2 ceil(log2 N)), made of d/2 Hamiltonian cycles over pseudo-random orders of the names (the H-graphs of Law
and Siu, INFOCOM 2003): such a graph is connected, since each of its cycles is, with a diameter of O(log N) almost
surely; and a host that joins is put between two neighbours of each cycle, so d/2 pairs end and d begin.

Two cycles may want the same pair, and then the degree would fall short. So the cycles are laid one after the other,
and where one would repeat a pair, a host further on in it changes places with the one that is in the way: a local
repair, so that what a joining host changes elsewhere stays small too. Each cycle depends on the names and on those
before it alone. (There always is such a cycle: the pairs that are still free leave each host more than half of the
others, which is Dirac's condition.)
"""

import functools
import hashlib
import itertools
import math
from collections.abc import Collection, Iterable, Sequence

import networkx as nx

FULL_MESH_HOSTS = 30
_FEWEST_PEERS = 8
_KEPT = 4
"""Choices that are remembered: the same hosts are asked for each round, and a thousand of them take a tenth of a second."""


def choose_pairs(hosts: Collection[str]) -> frozenset[tuple[str, str]]:
    """Choose the pairs of hosts that are measured.

    Args:
        hosts: The names of all hosts.

    Returns:
        Each pair once, the lower name first; either host probes the other one.
    """
    return _choose(tuple(sorted(set(hosts))))


@functools.lru_cache(maxsize=_KEPT)
def _choose(names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    edges: Iterable[tuple[str, str]]
    edges = itertools.combinations(names, 2) if len(names) <= FULL_MESH_HOSTS else _overlay(names).edges
    return frozenset((min(pair), max(pair)) for pair in edges)


def choose_peers(host: str, hosts: Collection[str]) -> frozenset[str]:
    """The hosts that `host` has to probe: of each pair it belongs to, the other one."""
    return frozenset(
        lower if higher == host else higher for lower, higher in choose_pairs(hosts) if host in (lower, higher)
    )


def _overlay(names: Sequence[str]) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    for cycle in range(_peers_each(len(names)) // 2):
        nx.add_cycle(graph, _lay_cycle(names, cycle, graph))
    return graph


def _peers_each(hosts: int) -> int:
    return max(_FEWEST_PEERS, 2 * math.ceil(math.log2(hosts)))


def _lay_cycle(names: Sequence[str], cycle: int, graph: "nx.Graph[str]") -> list[str]:
    """An order of the names in which no two neighbours are a pair of the graph already."""
    orders = (_shuffle(names, f"{cycle}/{attempt}/") for attempt in itertools.count())
    return next(order for order in orders if _repair(order, graph))


def _shuffle(names: Sequence[str], salt: str) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256((salt + name).encode()).digest())


def _repair(order: list[str], graph: "nx.Graph[str]") -> bool:
    """Change places until no two neighbours in the cycle are a pair of the graph; False when that does not succeed."""
    return all(_is_free(order, place, graph) or _swap(order, place, graph) for place in range(len(order)))


def _swap(order: list[str], place: int, graph: "nx.Graph[str]") -> bool:
    """Change the host after `place` for the next one with which all four hosts touched have new neighbours."""
    hosts = len(order)
    here = (place + 1) % hosts
    for distance in range(2, hosts):
        there = (place + distance) % hosts
        order[here], order[there] = order[there], order[here]
        if all(_is_free(order, at % hosts, graph) for at in (place, here, there - 1, there)):
            return True
        order[here], order[there] = order[there], order[here]
    return False


def _is_free(order: Sequence[str], place: int, graph: "nx.Graph[str]") -> bool:
    return not graph.has_edge(order[place], order[(place + 1) % len(order)])
