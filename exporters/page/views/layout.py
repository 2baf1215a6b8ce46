"""PURE: where the hosts of a cluster stand in a picture, the same for the same hosts and links; it does not know what they are."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

_SPRING_HOSTS = 300
"""Beyond, springs take longer than half a second."""
_CIRCLE_HOSTS = 60
"""Beyond, those on a circle cannot be told apart."""
_DENSE = 2.0
"""Links for each host, from which on springs only make a ball."""
_SPRING = 2.2
"""The length of a link that is at rest, where one host would have the whole picture."""
_ROUNDS = 80
_FEWER_ROUNDS = 50
"""For more than `_CIRCLE_HOSTS`, since somebody waits for it: a round takes the square of their number."""
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
"""From one seed of a sunflower to the next: none is behind another."""
_UPPER = 0.75
"""Of the height for those that are linked, where some are not."""
_CACHED = 8
"""Pictures remembered: a cluster has one topology at a time."""

Edge = tuple[str, str]


@lru_cache(maxsize=_CACHED)
def place_hosts(hosts: tuple[str, ...], edges: tuple[Edge, ...]) -> Mapping[str, tuple[float, float]]:
    """A place for each host, both coordinates from -1 to 1.

    Args:
        hosts: In the order of their names.
        edges: Between these.
    """
    linked = {end for edge in edges for end in edge}
    together = [host for host in hosts if host in linked]
    alone = [host for host in hosts if host not in linked]
    if not together or not alone:
        return _place_linked(hosts, edges) if hosts else {}
    upper = {host: (x, _squeezed(y)) for host, (x, y) in _place_linked(together, edges).items()}
    step = 2 / (len(alone) + 1)
    return {**upper, **{host: (round(step * (number + 1) - 1, 4), 1.0) for number, host in enumerate(alone)}}


def _place_linked(hosts: Sequence[str], edges: Sequence[Edge]) -> Mapping[str, tuple[float, float]]:
    is_sparse = edges and len(edges) <= _DENSE * len(hosts)
    if is_sparse and 4 <= len(hosts) <= _SPRING_HOSTS:  # noqa: PLR2004 - a square
        return _spread(_springs(hosts, edges))
    return _spread(_circle(hosts) if len(hosts) <= _CIRCLE_HOSTS else _disc(hosts))


def _squeezed(down: float) -> float:
    """Higher, so that there is room below for those that are linked to nobody."""
    return round((down + 1) * _UPPER - 1, 4)


def _circle(hosts: Sequence[str]) -> Mapping[str, tuple[float, float]]:
    """All on a circle, the first at the top; of two, one at each side."""
    if len(hosts) == 1:
        return {hosts[0]: (0.0, 0.0)}
    start = -math.pi / 2 if len(hosts) > 2 else math.pi  # noqa: PLR2004 - a pair
    turn = 2 * math.pi / max(1, len(hosts))
    return {
        host: (round(math.cos(start + turn * number), 4), round(math.sin(start + turn * number), 4))
        for number, host in enumerate(hosts)
    }


def _disc(hosts: Sequence[str]) -> Mapping[str, tuple[float, float]]:
    """All over a disc, as the seeds of a sunflower are, the first in its middle."""
    return {
        host: (
            math.sqrt(number) * math.cos(number * _GOLDEN_ANGLE),
            math.sqrt(number) * math.sin(number * _GOLDEN_ANGLE),
        )
        for number, host in enumerate(hosts)
    }


def _springs(hosts: Sequence[str], edges: Sequence[Edge]) -> Mapping[str, tuple[float, float]]:
    """Where all push each other away and links pull together, as Fruchterman and Reingold have it (1991)."""
    import networkx as nx  # noqa: PLC0415 - 20 MiB that an exporter nobody looks at does without

    graph: nx.Graph[str] = nx.Graph(edges)
    start = _circle(_neighbors_together(hosts, edges))
    length = _SPRING / math.sqrt(len(hosts))
    rounds = _ROUNDS if len(hosts) <= _CIRCLE_HOSTS else _FEWER_ROUNDS
    places = nx.spring_layout(graph, k=length, pos=start, iterations=rounds, seed=0)
    return {host: (float(places[host][0]), float(places[host][1])) for host in hosts}


def _neighbors_together(hosts: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    """The hosts as one meets them going along the links, so that few cross where they start."""
    beside: dict[str, list[str]] = {host: [] for host in hosts}
    for one, other in edges:
        beside[one].append(other)
        beside[other].append(one)
    met: dict[str, None] = {}
    for host in hosts:
        waiting = [host]
        while waiting:
            here = waiting.pop()
            if here not in met:
                met[here] = None
                waiting += reversed(beside[here])
    return list(met)


def _spread(places: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """The same, each direction filling its room."""
    columns = [[place[axis] for place in places.values()] for axis in (0, 1)]
    spans = [(min(column), max(column)) for column in columns]

    def scaled(value: float, low: float, high: float) -> float:
        return 0.0 if high - low < 1e-9 else round(2 * (value - low) / (high - low) - 1, 4)  # noqa: PLR2004 - one point

    return {host: (scaled(x, *spans[0]), scaled(y, *spans[1])) for host, (x, y) in places.items()}
