"""PURE: who is in the cluster, how they are linked and who is missing, as values and in a table; it asks nobody."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.colours import coloured
from communicator.answers.clusters import Graph, Node
from communicator.wording import clusters
from communicator.wording.enforcement import CPP_ROUTER
from communicator.wording.marks import Mark

_ORDER = ("self", "linked", "reachable")
_STYLES = {"self": "bold", "linked": None, "reachable": None}
OTHER_ORDERS = "obeys other orders than this host"
"""Of operators: one of the two is behind."""
_USUAL_COST = 1.0


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


def headline(cluster: Mapping[str, Any] | None) -> tuple[Mark, str]:
    """How the cluster is, in a line with its mark.

    Args:
        cluster: The fields of a `ClusterStatus`; None when nothing is known.
    """
    told = cluster or {}
    status, completeness = told.get("status") or "", told.get("completeness") or ""
    return clusters.headline(status, completeness, told.get("live_count"), told.get("neighbors_count"))


def render(view: ClusterView) -> RenderableType:
    """The state of the cluster, and a line for each server."""
    mark, line = headline(view.cluster)
    needs = clusters.quorum_text((view.cluster or {}).get("quorum"))
    return Group(Text.assemble(coloured(mark), f" {line}{needs}"), Text(), _table(view))


def _table(view: ClusterView) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("SERVER", "ADDRESS", "STATE", "VIA", "HOPS", "COST", "LINKED TO", "NOTE"):
        table.add_column(
            column,
            justify="right" if column in ("HOPS", "COST") else "left",
            no_wrap=column not in ("LINKED TO", "NOTE"),
        )
    for row in _rows(view):
        cells = (row.server, row.address, clusters.STATES.get(row.state, row.state), row.via, row.hops, row.cost)
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
        is_other = node.server in (cluster.get("other_orders") or ())
        told_of = "; ".join(filter(None, (OTHER_ORDERS if is_other else "", _trouble(graph, node))))
        yield _row_of_node(node, links[node.server], told_of)
    for server in cluster.get("servers") or ():
        if server not in told:
            told.add(server)
            yield _Row(server, state="linked")
    for neighbor in graph.neighbors:
        if neighbor.state != "linked" and not {neighbor.server or neighbor.address, neighbor.address} & told:
            told |= {neighbor.server, neighbor.address}
            yield _Row(
                neighbor.server or "?",
                neighbor.address,
                neighbor.state,
                note=clusters.attempts_text(neighbor),
            )
    for missing in cluster.get("missing") or ():
        if missing not in told:
            is_address = ":" in missing
            yield _Row("?" if is_address else missing, missing if is_address else "", "missing")


def _rank(node: Node) -> tuple[int, str]:
    return (_ORDER.index(node.state) if node.state in _ORDER else len(_ORDER)), node.server


def _row_of_node(node: Node, links: Mapping[str, str], trouble: str) -> _Row:
    is_self = node.state == "self"
    told = (CPP_ROUTER if not node.directory else "", clusters.uncounted_text(node), trouble)
    return _Row(
        node.server,
        node.address or "",
        node.state,
        "" if is_self else node.next_hop or "",
        "" if is_self or not node.hops else str(node.hops),
        "" if is_self or node.cost is None else f"{node.cost:g}",
        ", ".join(f"{server}{links[server]}" for server in sorted(links)),
        "; ".join(filter(None, told)),
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
    return next(
        (clusters.tried_text(one) for one in tried if one.state != "linked"),
        "",
    )
