"""PURE: the hosts of the cluster and their links as a picture and as a table that says the same; it asks nobody."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from communicator.answers.clusters import Graph, Neighbor, Node
from communicator.answers.services import Instance
from communicator.client.status import ClusterStatus
from communicator.wording import clusters
from communicator.wording.counts import count
from communicator.wording.enforcement import CPP_ROUTER
from communicator.wording.marks import BAD, GOOD, Mark
from exporters.page.views.bound import Bound
from exporters.page.views.layout import place_hosts

_FEW = 40
"""Hosts up to which each has its name in the picture, and the picture has its place beside the table."""
_HUBS = 24
"""Of many, those with far more links than the others are named, if they are no more than this."""
_HUB_LINKS = 3.0
"""So many times the links of the others."""
_LINES = 600
"""Links drawn at most."""
_ORDER = ("self", "linked", "reachable")
_MARKS = {"self": GOOD, "linked": GOOD, "reachable": GOOD}


class Canvas(NamedTuple):
    """The size of a picture, and how far from its middle the outermost host may be; the rest is for names."""

    width: int
    height: int
    room_x: int
    room_y: int
    radius: int
    """Of the spot that stands for a host."""


_SMALL = Canvas(560, 320, 165, 118, 8)
_LARGE = Canvas(960, 460, 400, 200, 4)


@dataclass(frozen=True, slots=True)
class Spot:
    """A host in the picture."""

    x: float
    y: float
    name: str
    label: str
    """Empty where there is no room for it."""
    anchor: str
    """On which side of the spot the label stands: ``start``, ``middle`` or ``end``."""
    label_x: float
    label_y: float
    state: str
    mark: Mark
    is_hub: bool
    """Named only since many are linked to it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A link in the picture."""

    x1: float
    y1: float
    x2: float
    y2: float
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host in the table."""

    name: str
    address: str
    mark: Mark
    state: str
    via: str
    links: int
    services: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """Picture and table."""

    mark: Mark
    sentence: str
    canvas: Canvas
    is_large: bool
    spots: Sequence[Spot]
    lines: Sequence[Line]
    lines_hidden: int
    rows: Sequence[HostRow]
    hidden: int
    hidden_text: str


def network_view(
    graph: Graph, cluster: ClusterStatus | None, instances: Iterable[Instance], shown: Bound | None
) -> NetworkView:
    """What is shown of the cluster.

    Args:
        graph: What the router tells of servers and links.
        cluster: Whether there is a quorum; None when it is not known.
        instances: The services there are.
        shown: How many rows the table has; None: all.
    """
    nodes = sorted((*graph.nodes, *_strangers(graph)), key=lambda node: node.server)
    names = {node.server for node in nodes}
    edges = {
        (min(link.from_, link.to), max(link.from_, link.to)): link.confirmed
        for link in graph.links
        if {link.from_, link.to} <= names and link.from_ != link.to
    }
    is_large = len(nodes) > _FEW
    canvas = _LARGE if is_large else _SMALL
    spots = _spots(nodes, tuple(sorted(edges)), canvas)
    places = {spot.name: spot for spot in spots}
    rows = _rows(nodes, graph.neighbors, edges, instances)
    most = len(rows) if shown is None else shown.of(sum(row.mark is not GOOD for row in rows))
    hidden = rows[most:]
    mark, sentence = headline(cluster)
    return NetworkView(
        mark=mark,
        sentence=f"{sentence}; {count(len(edges), 'link')}",
        canvas=canvas,
        is_large=is_large,
        spots=spots,
        lines=[_line(places[one], places[other], sure) for (one, other), sure in sorted(edges.items())[:_LINES]],
        lines_hidden=max(0, len(edges) - _LINES),
        rows=rows[:most],
        hidden=len(hidden),
        hidden_text=_hidden_text(hidden),
    )


def headline(cluster: ClusterStatus | None) -> tuple[Mark, str]:
    """How the cluster is, such as ``up, complete: 3 of 3 hosts reached``."""
    told = cluster or ClusterStatus()
    mark, text = clusters.headline(told.status, told.completeness, told.live_count, told.neighbors_count)
    return mark, f"{text}{clusters.quorum_text(told.quorum) if mark is BAD else ''}"


def _strangers(graph: Graph) -> list[Node]:
    """Addresses this router tries in vain, and of which it knows no server."""
    known = {name for node in graph.nodes for name in (node.server, node.address)}
    return [
        Node(one.server or one.address, one.address, one.state)
        for one in graph.neighbors
        if one.state != "linked" and not {one.server or one.address, one.address} & known
    ]


def _spots(nodes: Sequence[Node], edges: tuple[tuple[str, str], ...], canvas: Canvas) -> list[Spot]:
    places = place_hosts(tuple(node.server for node in nodes), edges)
    hubs = _hubs(edges) if canvas is _LARGE else frozenset(places)
    return [_spot(node, places[node.server], canvas, is_hub=node.server in hubs) for node in nodes]


def _hubs(edges: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Those with far more links than the others, unless that are too many to be named."""
    links = Counter(name for edge in edges for name in edge)
    usual = links.total() / max(1, len(links))
    found = frozenset(name for name, number in links.items() if number >= _HUB_LINKS * usual)
    return found if len(found) <= _HUBS else frozenset()


def _spot(node: Node, place: tuple[float, float], canvas: Canvas, *, is_hub: bool) -> Spot:
    across, down = place
    x, y = round(canvas.width / 2 + across * canvas.room_x, 1), round(canvas.height / 2 + down * canvas.room_y, 1)
    mark = _MARKS.get(node.state, BAD)
    matters = mark is not GOOD or node.state == "self"
    inward = -1 if is_hub and not matters and canvas is _LARGE else 1
    anchor, label_x, label_y = _beside(across, down, inward)
    return Spot(
        x=x,
        y=y,
        name=node.server,
        label=_short(node.server) if is_hub or matters else "",
        anchor=anchor,
        label_x=round(x + label_x, 1),
        label_y=round(y + label_y, 1),
        state=_state(node.state),
        mark=mark,
        is_hub=not matters,
    )


def _beside(across: float, down: float, outward: int) -> tuple[str, int, int]:
    """On which side of a spot its name stands, and how far away: outward, or inward (-1) where what hangs on a hub is."""
    if abs(across) < 0.35:  # noqa: PLR2004 - near the middle
        return "middle", 0, 22 if (down >= 0) is (outward > 0) else -14
    is_right = (across > 0) is (outward > 0)
    return ("start", 14, 4) if is_right else ("end", -14, 4)


def _short(name: str, most: int = 14) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _state(state: str) -> str:
    return clusters.STATES.get(state, state or "missing")


def _line(one: Spot, other: Spot, sure: bool) -> Line:  # noqa: FBT001 - of a table
    return Line(one.x, one.y, other.x, other.y, sure)


def _rows(
    nodes: Iterable[Node],
    neighbors: Iterable[Neighbor],
    edges: Iterable[tuple[str, str]],
    instances: Iterable[Instance],
) -> list[HostRow]:
    links = Counter(name for edge in edges for name in edge)
    services: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for instance in instances:
        services[instance.server][instance.state] += 1
    tried = {name: one for one in neighbors for name in (one.server, one.address) if name}
    return [
        HostRow(
            name=node.server,
            address=node.address or "",
            mark=_MARKS.get(node.state, BAD),
            state=_state(node.state),
            via=node.next_hop or "" if node.state == "reachable" else "",
            links=links[node.server],
            services=", ".join(
                f"{number} {state}" for state, number in sorted(services[node.server].items(), reverse=True)
            ),
            note="; ".join(_notes(node, tried.get(node.server) or tried.get(node.address or ""))),
        )
        for node in sorted(nodes, key=_rank)
    ]


def _rank(node: Node) -> tuple[int, str]:
    return (_ORDER.index(node.state) + 1 if node.state in _ORDER else 0), node.server


def _notes(node: Node, tried: Neighbor | None) -> list[str]:
    """What is unusual; that a host which is reached over others is not dialled is not, as long as nothing failed."""
    told = (CPP_ROUTER if not node.directory else "", clusters.uncounted_text(node))
    notes = [note for note in told if note]
    if tried is None or node.state in ("self", "linked") or tried.state == "linked":
        return notes
    is_unusual = clusters.attempts_text(tried) or node.state not in _MARKS
    return [*notes, clusters.tried_text(tried)] if is_unusual else notes


def _hidden_text(hidden: Sequence[HostRow]) -> str:
    if not hidden:
        return ""
    return f"and {len(hidden)} more{', all reached' if all(row.mark is GOOD for row in hidden) else ''}"
