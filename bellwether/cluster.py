"""PURE: who is in the cluster, how they are linked and who is missing, as values and in a table; it asks nobody."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.failure import CommandError
from communicator.protocol.message import Message

MARKS = {"good": ("✔", "green"), "doubtful": ("⚠", "yellow"), "bad": ("✖", "red")}
"""How well something is, at a glance."""
_STATES = {"self": "this one"}
_ORDER = ("self", "linked", "reachable")
_STYLES = {"self": "bold", "linked": None, "reachable": None}
_USUAL_COST = 1.0


class Node(msgspec.Struct, frozen=True):
    """A server."""

    server: str
    address: str | None = None
    state: str = ""
    """``self``, ``linked``, ``reachable`` (over others) or ``unreachable``."""
    directory: bool = True
    """False: a C++ router, which tells nobody of its neighbors."""
    boot_id: str | None = None
    features: tuple[str, ...] = ()
    cost: float | None = None
    hops: int | None = None
    next_hop: str | None = None


class Link(msgspec.Struct, frozen=True):
    """A link between two servers."""

    from_: str = msgspec.field(name="from")
    to: str
    cost: float | None = None
    confirmed: bool = True
    """Whether both ends tell of it."""


class Neighbor(msgspec.Struct, frozen=True):
    """An address this router links to, or tries to."""

    address: str
    server: str | None = None
    state: str = ""
    """``linked``, ``dialling``, ``waiting`` or ``refused``."""
    configured: bool = False
    secure: bool = False
    failures: int = 0
    reason: str | None = None


class Graph(msgspec.Struct, frozen=True):
    """What CLUSTER_GRAPH tells."""

    server: str = ""
    address: str | None = None
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    neighbors: tuple[Neighbor, ...] = ()


class ClusterView(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out; None is not known."""

    cluster: dict[str, Any] | None
    graph: Graph | None


@dataclass(frozen=True, slots=True)
class _Row:
    server: str
    address: str = ""
    state: str = ""
    via: str = ""
    hops: str = ""
    cost: str = ""
    links: str = ""
    note: str = ""


def read_graph(message: Message) -> Graph:
    """The graph that CLUSTER_GRAPH tells.

    Raises:
        CommandError: It tells none in a way we understand.
    """
    try:
        return msgspec.json.decode(message.get("graph"), type=Graph)
    except msgspec.DecodeError as error:
        raise CommandError(f"the router's picture of the cluster cannot be read: {error}") from None


def to_json(view: ClusterView) -> str:
    """All of it, for programs."""
    return msgspec.json.format(msgspec.json.encode(view)).decode()


def headline(cluster: Mapping[str, Any] | None) -> tuple[str, str]:
    """How the cluster is: its mood, one of `MARKS`, and a line.

    Args:
        cluster: The fields of a `ClusterStatus`; None when nothing is known.
    """
    if not cluster or not cluster.get("status"):
        return "doubtful", "unknown"
    is_up, is_complete = cluster["status"] == "up", cluster.get("completeness") == "complete"
    words = ", ".join(str(word) for word in (cluster["status"], cluster.get("completeness")) if word)
    live, known = cluster.get("live_count"), cluster.get("neighbors_count")
    counts = "" if live is None or known is None else f": {live} of {known} host{'' if known == 1 else 's'} reached"
    return "bad" if not is_up else "good" if is_complete else "doubtful", f"{words}{counts}"


def render(view: ClusterView) -> RenderableType:
    """The state of the cluster, and a line for each server."""
    mood, line = headline(view.cluster)
    mark, colour = MARKS[mood]
    quorum = (view.cluster or {}).get("quorum")
    needs = "" if quorum is None else f"; {quorum} are needed for a quorum"
    return Group(Text.assemble((mark, colour), f" {line}{needs}"), Text(), _table(view))


def _table(view: ClusterView) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("SERVER", "ADDRESS", "STATE", "VIA", "HOPS", "COST", "LINKED TO", "NOTE"):
        table.add_column(
            column,
            justify="right" if column in ("HOPS", "COST") else "left",
            no_wrap=column not in ("LINKED TO", "NOTE"),
        )
    for row in _rows(view):
        cells = (row.server, row.address, _STATES.get(row.state, row.state), row.via, row.hops, row.cost)
        table.add_row(*map(Text, (*cells, row.links, row.note)), style=_STYLES.get(row.state, "red"))
    return table


def _rows(view: ClusterView) -> Iterator[_Row]:
    """First who is there, then who is not."""
    graph = view.graph or Graph()
    cluster = view.cluster or {}
    told: set[str | None] = set()
    links = _links(graph)
    for node in sorted(graph.nodes, key=_rank):
        told |= {node.server, node.address}
        yield _row_of_node(node, links[node.server], _trouble(graph, node))
    for server in cluster.get("servers") or ():
        if server not in told:
            told.add(server)
            yield _Row(server, state="linked")
    for neighbor in graph.neighbors:
        if neighbor.state != "linked" and not {neighbor.server or neighbor.address, neighbor.address} & told:
            told |= {neighbor.server, neighbor.address}
            yield _Row(neighbor.server or "?", neighbor.address, neighbor.state, note=_note_of(neighbor))
    for missing in cluster.get("missing") or ():
        if missing not in told:
            is_address = ":" in missing
            yield _Row("?" if is_address else missing, missing if is_address else "", "missing")


def _rank(node: Node) -> tuple[int, str]:
    return (_ORDER.index(node.state) if node.state in _ORDER else len(_ORDER)), node.server


def _row_of_node(node: Node, links: Mapping[str, str], trouble: str) -> _Row:
    is_self = node.state == "self"
    notes = [*([] if node.directory else ["C++ router"]), *([trouble] if trouble else [])]
    return _Row(
        node.server,
        node.address or "",
        node.state,
        "" if is_self else node.next_hop or "",
        "" if is_self or not node.hops else str(node.hops),
        "" if is_self or node.cost is None else f"{node.cost:g}",
        ", ".join(f"{server}{links[server]}" for server in sorted(links)),
        "; ".join(notes),
    )


def _links(graph: Graph) -> defaultdict[str, dict[str, str]]:
    """By server: to whom it is linked, and what is unusual about that link."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for link in graph.links:
        unusual = [
            *([] if link.cost in (None, _USUAL_COST) else [f"cost {link.cost:g}"]),
            *([] if link.confirmed else ["one end says so"]),
        ]
        mark = f" ({', '.join(unusual)})" if unusual else ""
        for one, other in ((link.from_, link.to), (link.to, link.from_)):
            found[one][other] = found[one].get(other, "") or mark
    return found


def _trouble(graph: Graph, node: Node) -> str:
    """Why a server is not linked though this router tries to; one that is reached over others need not be."""
    if node.state in ("self", "linked"):
        return ""
    own = (one for one in graph.neighbors if one.server == node.server or one.address == node.address)
    tried = (one for one in own if one.configured or one.failures or node.state == "unreachable")
    return next((f"{one.state} {_note_of(one)}".strip() for one in tried if one.state != "linked"), "")


def _note_of(neighbor: Neighbor) -> str:
    failures = f"after {neighbor.failures} failure{'' if neighbor.failures == 1 else 's'}" if neighbor.failures else ""
    return ": ".join(part for part in (failures, neighbor.reason or "") if part)
