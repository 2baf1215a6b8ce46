"""PURE: shortest paths and negative rings in a graph of numbered nodes whose arcs may have negative length; columns of numpy.

Every node has an arc that leads to it. Nothing here knows what a length means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from timekeeper.solution.links import Floats, Indices

_GAIN = 1e-12
"""A path that is shorter by less is not shorter, but rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs in the order of their heads."""

    nodes: int
    tails: Indices
    heads: Indices
    lengths: Floats
    starts: Indices
    """Where the arcs to each node begin."""


def make_arcs(nodes: int, tails: Indices, heads: Indices, lengths: Floats) -> Arcs:
    """Sort arcs by their heads.

    Args:
        nodes: How many; each is the head of one arc at least.
        tails: Where each arc begins.
        heads: Where it ends.
        lengths: How long it is.
    """
    order = np.argsort(heads, kind="stable")
    heads = heads[order]
    return Arcs(nodes, tails[order], heads, lengths[order], np.searchsorted(heads, np.arange(nodes)))


def turn_round(arcs: Arcs) -> Arcs:
    """The same graph with every arc the other way."""
    return make_arcs(arcs.nodes, arcs.heads, arcs.tails, arcs.lengths)


def measure_from(arcs: Arcs, node: int) -> Floats:
    """The length of the shortest path from one node to each (Bellman 1958), where no ring is negative.

    Args:
        arcs: The graph.
        node: Where the paths begin.

    Returns:
        The lengths; infinite where no path leads.
    """
    lengths = np.full(arcs.nodes, np.inf)
    lengths[node] = 0.0
    for _ in range(arcs.nodes):
        shorter = np.minimum.reduceat(lengths[arcs.tails] + arcs.lengths, arcs.starts)
        gains = shorter < lengths - _GAIN
        if not gains.any():
            break
        lengths = np.where(gains, shorter, lengths)
    return lengths


def measure_all(arcs: Arcs) -> Floats:
    """The length of the shortest path from each node (row) to each (Floyd 1962), where no ring is negative."""
    matrix = np.full((arcs.nodes, arcs.nodes), np.inf)
    np.minimum.at(matrix, (arcs.tails, arcs.heads), arcs.lengths)
    np.fill_diagonal(matrix, 0.0)
    for node in range(arcs.nodes):
        np.minimum(matrix, matrix[:, node, None] + matrix[None, node, :], out=matrix)
    return matrix


def find_negative_ring(arcs: Arcs, slack: float) -> tuple[Sequence[int], float] | None:
    """Find nodes around which the lengths add up to less than nothing.

    Bellman's relaxation from all nodes at once; as soon as the last improvements form a ring, that ring is negative
    (Cherkassky and Goldberg, "Negative-cycle detection algorithms", 1999).

    Args:
        arcs: The graph.
        slack: A ring that is less negative than this is none.

    Returns:
        The nodes, each joined by an arc to the next and the last to the first, and the length; None without one.
    """
    lengths = np.zeros(arcs.nodes)
    came_from = np.full(arcs.nodes, -1, dtype=np.intp)
    came_by = np.zeros(arcs.nodes)
    for _ in range(arcs.nodes + 1):
        offers = lengths[arcs.tails] + arcs.lengths
        shorter = np.minimum.reduceat(offers, arcs.starts)
        gains = shorter < lengths - _GAIN
        if not gains.any():
            break
        taken = np.flatnonzero((offers == shorter[arcs.heads]) & gains[arcs.heads])
        came_from[arcs.heads[taken]] = arcs.tails[taken]
        came_by[arcs.heads[taken]] = arcs.lengths[taken]
        lengths = np.where(gains, shorter, lengths)
        for ring in _rings(came_from.tolist()):
            length = float(came_by[ring].sum())
            if length < -slack:
                return ring, length
    return None


def _rings(came_from: list[int]) -> list[list[int]]:
    """All rings of a graph in which at most one arc leads to each node."""
    seen = [-1] * len(came_from)
    rings = []
    for start in range(len(came_from)):
        node, path = start, []
        while node >= 0 and seen[node] < 0:
            seen[node] = start
            path.append(node)
            node = came_from[node]
        if node >= 0 and seen[node] == start:
            rings.append(path[path.index(node) :][::-1])
    return rings
