"""The servers of a cluster in one table."""

import io
import json

import pytest
from rich.console import Console

from bellwether.answers import to_json
from bellwether.cluster import ClusterView, headline, render
from communicator.answers.clusters import Graph, Link, Neighbor, Node
from communicator.wording.marks import BAD, DOUBTFUL, GOOD

ALPHA = Node("alpha", "10.0.0.1:4042", "self", cost=0, hops=0)
BETA = Node("beta", "10.0.0.2:4042", "linked", cost=1, hops=1, next_hop="beta")
GAMMA = Node("gamma", "10.0.0.3:4042", "reachable", cost=2.5, hops=2, next_hop="beta")
ELDER = Node("elder", "10.0.0.9:4042", "linked", directory=False, cost=1, hops=1, next_hop="elder")
GONE = Node("delta", "10.0.0.4:4042", "unreachable")
LINKS = (Link("alpha", "beta", 1), Link("beta", "gamma", 1.5), Link("gamma", "beta", 1.5), Link("elder", "alpha", 1))
CLUSTER = {"status": "up", "completeness": "complete", "live_count": 3, "neighbors_count": 3, "quorum": 2}
COLUMNS = ["SERVER", "ADDRESS", "STATE", "VIA", "HOPS", "COST", "LINKED", "TO", "NOTE"]


def lines(graph, cluster=None):
    console = Console(file=io.StringIO(), width=160)
    console.print(render(ClusterView(cluster={**CLUSTER, **(cluster or {})}, graph=graph)))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def rows(graph, cluster=None):
    return [line.split() for line in lines(graph, cluster)[3:]]


def test_each_server_has_a_line_ours_first_the_absent_last():
    graph = Graph(nodes=(GONE, GAMMA, BETA, ALPHA), links=LINKS[:3])
    first, _, head, *_ = lines(graph)
    assert first == "✔ up, complete: 3 of 3 hosts reached; 2 are needed for a quorum"
    assert head.split() == COLUMNS
    assert rows(graph) == [
        ["alpha", "10.0.0.1:4042", "this", "one", "beta"],
        ["beta", "10.0.0.2:4042", "linked", "beta", "1", "1", "alpha,", "gamma", "(cost", "1.5)"],
        ["gamma", "10.0.0.3:4042", "reachable", "beta", "2", "2.5", "beta", "(cost", "1.5)"],
        ["delta", "10.0.0.4:4042", "unreachable"],
    ]


def test_what_is_unusual_of_a_server_is_noted():
    trouble = (Neighbor("10.0.0.3:4042", "gamma", "waiting", failures=1, reason="timed out"),)
    links = (Link("alpha", "elder", 1), Link("beta", "gamma", confirmed=False))
    alpha, beta, elder, gamma = rows(Graph(nodes=(ALPHA, BETA, GAMMA, ELDER), links=links, neighbors=trouble))
    assert alpha[-1] == "elder"
    assert " ".join(beta[-5:]) == "gamma (one end says so)"
    assert " ".join(elder[-11:]) == "alpha C++ router: policies and clock verdicts are not enforced there"
    assert " ".join(gamma[-6:]) == "waiting after 1 failure: timed out"


@pytest.mark.parametrize(
    ("node", "note"),
    [
        (BETA, "obeys other orders than this host"),
        (Node("beta", "10.0.0.2:4042", "linked", counts=False, vouched_by=("alpha",)), "count; obeys other orders"),
    ],
)
def test_who_obeys_other_orders_is_told_with_what_else_is_the_matter(node, note):
    told = rows(Graph(nodes=(ALPHA, node)), {"other_orders": ["beta"]})
    assert told[0] == ["alpha", "10.0.0.1:4042", "this", "one"]
    assert note in " ".join(cell for cells in told[1:] for cell in cells)


def test_who_does_not_count_is_told_with_what_to_do():
    end = Node(
        "gamma", "10.0.0.3:4042", "reachable", cost=2, hops=2, next_hop="beta", counts=False, vouched_by=("beta",)
    )
    told = lines(Graph(nodes=(ALPHA, BETA, end)))[-1]
    assert told.endswith("vouched for by one (beta): add it to [cluster] neighbors to let it count")


@pytest.mark.parametrize(
    ("neighbor", "row"),
    [
        (Neighbor("10.0.0.7:4042", None, "dialling"), "? 10.0.0.7:4042 dialling"),
        (Neighbor("10.0.0.7:4042", "eta", "refused", reason="bad password"), "eta 10.0.0.7:4042 refused bad password"),
        (Neighbor("10.0.0.7:4042", "eta", "waiting", failures=3), "eta 10.0.0.7:4042 waiting after 3 failures"),
    ],
)
def test_a_neighbor_that_never_came_has_a_line(neighbor, row):
    found = rows(Graph(nodes=(ALPHA,), neighbors=(neighbor,)), {"missing": ["10.0.0.7:4042"]})
    assert [" ".join(cells) for cells in found[1:]] == [row]


@pytest.mark.parametrize(
    ("node", "neighbor", "note"),
    [
        (GAMMA, Neighbor("10.0.0.3:4042", "gamma", "waiting"), ""),  # it need not be linked
        (GAMMA, Neighbor("10.0.0.3:4042", "gamma", "dialling", configured=True), "dialling"),
        (GONE, Neighbor("10.0.0.4:4042", "delta", "waiting"), "waiting"),
        (BETA, Neighbor("beta.example:4042", "beta", "waiting", configured=True), ""),
        (ALPHA, Neighbor("10.0.0.1:4042", "alpha", "refused", failures=1), ""),
    ],
)
def test_trouble_with_a_neighbor_is_noted_where_it_is_trouble(node, neighbor, note):
    (told,) = lines(Graph(nodes=(node,), neighbors=(neighbor,)))[3:]
    assert told.endswith(f" {note}") if note else neighbor.state not in told


def test_a_neighbor_that_is_linked_has_no_second_line():
    linked = Neighbor("10.0.0.2:4042", "beta", "linked")
    by_name = Neighbor("beta.example:4042", "beta", "waiting")
    assert len(rows(Graph(nodes=(ALPHA, BETA), neighbors=(linked, by_name)), {"servers": ["alpha", "beta"]})) == 2


def test_who_is_missing_is_told_also_without_a_graph():
    found = rows(None, {"servers": ["alpha", "beta"], "missing": ["10.0.0.3:4042", "delta"]})
    assert found == [["alpha", "linked"], ["beta", "linked"], ["?", "10.0.0.3:4042", "missing"], ["delta", "missing"]]


@pytest.mark.parametrize(
    ("cluster", "mark", "line"),
    [
        (None, DOUBTFUL, "unknown"),
        ({"status": ""}, DOUBTFUL, "unknown"),
        ({"status": "up"}, DOUBTFUL, "up"),
        ({**CLUSTER, "neighbors_count": 1, "live_count": 1}, GOOD, "up, complete: 1 of 1 host reached"),
        ({**CLUSTER, "status": "down", "live_count": 1}, BAD, "down, complete: 1 of 3 hosts reached"),
    ],
)
def test_the_headline(cluster, mark, line):
    assert headline(cluster) == (mark, line)


def test_programs_get_all_of_it():
    graph = Graph("alpha", links=LINKS)
    assert json.loads(to_json(ClusterView(cluster=None, graph=graph)))["graph"]["links"][0]["from"] == "alpha"
