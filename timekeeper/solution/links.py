"""PURE: the reported pairs become one interval for each two hosts; what peers sent that cannot be used is counted, not raised."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import networkx as nx
import numpy as np
import numpy.typing as npt

from timekeeper.solution.contradiction import SLACK_S, Contradiction
from timekeeper.solution.measurement import ROUTER, Measurement

Floats: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.intp]
Truths: TypeAlias = npt.NDArray[np.bool_]

BOUND_FLOOR_S = 1e-6
"""No stamp of an operating system is better than this."""
OVERTAKEN_S = 30.0
"""A word through the router that is older than a probe by more is of another time: three rounds of ten seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The measured pairs of some hosts, as columns; hosts are numbers, `names` tells whose."""

    names: tuple[str, ...]
    tails: Indices
    heads: Indices
    offset_s: Floats
    """Clock of the head minus clock of the tail."""
    bound_s: Floats
    age_s: Floats
    drift_ppm: Floats
    """How much faster the head's crystal runs; NaN where it is not known."""
    by_router: Truths
    is_disputed: Truths
    """Whether two reports exclude each other; the interval then spans them all."""

    def select(self, rows: Indices) -> "Links":
        """The same hosts with some of the links, given by their rows."""
        return Links(
            names=self.names,
            tails=self.tails[rows],
            heads=self.heads[rows],
            offset_s=self.offset_s[rows],
            bound_s=self.bound_s[rows],
            age_s=self.age_s[rows],
            drift_ppm=self.drift_ppm[rows],
            by_router=self.by_router[rows],
            is_disputed=self.is_disputed[rows],
        )

    def within(self, members: Sequence[int]) -> "Links":
        """The links among some hosts, which are numbered anew, in the order given."""
        number = np.full(len(self.names), -1, dtype=np.intp)
        number[list(members)] = np.arange(len(members))
        kept = self.select(np.flatnonzero((number[self.tails] >= 0) & (number[self.heads] >= 0)))
        names = tuple(self.names[member] for member in members)
        return replace(kept, names=names, tails=number[kept.tails], heads=number[kept.heads])


@dataclass(frozen=True, slots=True, eq=False)
class Harvest:
    """What was made of the reported pairs."""

    links: Links
    clashes: tuple[Contradiction, ...]
    """Pairs whose two ends, or whose reports, exclude each other."""
    used: tuple[Measurement, ...]
    refused: int
    """How many reports are no measurement of two known hosts, or are void."""


def join_reports(hosts: Collection[str], measurements: Iterable[Measurement]) -> Harvest:
    """Make one link of all reports about two hosts.

    Each report is an interval that holds the true offset, by probe or through the router, so their intersection holds
    it as well. Reports that exclude each other are a contradiction; their link then spans them all. The router's word
    is left out where it is much older than a probe: a clock may have been set meanwhile.

    Args:
        hosts: Who belongs to the cluster.
        measurements: What they reported, in any order.
    """
    names = tuple(sorted(set(hosts)))
    number = {name: index for index, name in enumerate(names)}
    reports: dict[tuple[int, int], list[Measurement]] = defaultdict(list)
    used, refused = [], 0
    for one in measurements:
        tail, head = number.get(one.source), number.get(one.target)
        if tail is None or head is None or not one.is_usable:
            refused += 1
        else:
            used.append(one)
            reports[min(tail, head), max(tail, head)].append(one)
    clashes: list[Contradiction] = []
    rows = [_join(names, pair, reports[pair], clashes) for pair in sorted(reports)]
    return Harvest(_stack(names, sorted(reports), rows), tuple(clashes), tuple(used), refused)


def find_components(links: Links) -> list[list[int]]:
    """Hosts that a chain of links joins, largest group first; one without links stands alone."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(links.names)))
    graph.add_edges_from(zip(links.tails.tolist(), links.heads.tolist(), strict=True))
    groups = [sorted(group) for group in nx.connected_components(graph)]
    return sorted(groups, key=lambda group: (-len(group), group))


@dataclass(frozen=True, slots=True)
class _Row:
    """One link."""

    offset_s: float
    bound_s: float
    age_s: float
    drift_ppm: float
    by_router: bool
    is_disputed: bool


def _join(
    names: tuple[str, ...], pair: tuple[int, int], reports: list[Measurement], clashes: list[Contradiction]
) -> _Row:
    used = _leave_out_overtaken(reports)
    turned = [(1.0 if one.source == names[pair[0]] else -1.0, one) for one in used]
    ranges = [(sign * one.offset_s - one.bound_s, sign * one.offset_s + one.bound_s) for sign, one in turned]
    low_s, high_s, excess_s = _intersect(ranges)
    if excess_s:
        clashes.append(Contradiction((names[pair[0]], names[pair[1]]), excess_s))
    drifts = [sign * one.drift_ppm for sign, one in turned if one.drift_ppm is not None]
    return _Row(
        offset_s=(low_s + high_s) / 2,
        bound_s=max((high_s - low_s) / 2, BOUND_FLOOR_S),
        age_s=min(one.age_s for one in used),
        drift_ppm=sum(drifts) / len(drifts) if drifts else float("nan"),
        by_router=all(one.via == ROUTER for one in used),
        is_disputed=excess_s > 0,
    )


def _intersect(ranges: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """What ranges have in common; where they exclude each other, what they span, and by how much they do."""
    low_s, high_s = max(low_s for low_s, _ in ranges), min(high_s for _, high_s in ranges)
    if low_s <= high_s + SLACK_S:
        return low_s, high_s, 0.0
    return min(low_s for low_s, _ in ranges), max(high_s for _, high_s in ranges), low_s - high_s


def _leave_out_overtaken(reports: list[Measurement]) -> list[Measurement]:
    probed_s = min((one.age_s for one in reports if one.via != ROUTER), default=float("inf"))
    return [one for one in reports if one.via != ROUTER or one.age_s <= probed_s + OVERTAKEN_S]


def _stack(names: tuple[str, ...], pairs: list[tuple[int, int]], rows: list[_Row]) -> Links:
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    columns = np.array(
        [(row.offset_s, row.bound_s, row.age_s, row.drift_ppm) for row in rows], dtype=np.float64
    ).reshape(-1, 4)
    return Links(
        names=names,
        tails=ends[:, 0],
        heads=ends[:, 1],
        offset_s=columns[:, 0],
        bound_s=columns[:, 1],
        age_s=columns[:, 2],
        drift_ppm=columns[:, 3],
        by_router=np.array([row.by_router for row in rows], dtype=np.bool_),
        is_disputed=np.array([row.is_disputed for row in rows], dtype=np.bool_),
    )
