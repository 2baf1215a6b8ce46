"""Hosts and links: the picture and the table say the same, and what is not reached says why."""

import pytest

from communicator.answers.clusters import Graph, Link, Neighbor, Node
from communicator.answers.services import Instance
from communicator.client.status import ClusterStatus
from communicator.wording import marks
from communicator.wording.enforcement import CPP_ROUTER
from exporters.page.views.bound import Bound
from exporters.page.views.network import headline, network_view

GRAPH = Graph(
    server="alpha",
    nodes=(
        Node("alpha", "10.0.0.1:4042", "self"),
        Node("beta", "10.0.0.2:4042", "linked"),
        Node("gamma", "10.0.0.3:4042", "reachable", hops=2, next_hop="beta"),
        Node("omega", "10.0.0.4:4042", "unreachable", directory=False),
    ),
    links=(
        Link("alpha", "beta"),
        Link("beta", "alpha"),
        Link("beta", "gamma", confirmed=False),
        Link("beta", "nobody"),
    ),
    neighbors=(
        Neighbor("10.0.0.2:4042", "beta", "linked"),
        Neighbor("10.0.0.4:4042", "omega", "waiting", failures=31, reason="no route"),
        Neighbor("10.0.0.9:4042", None, "dialling"),
    ),
)
STATUS = ClusterStatus("up", "incomplete", 5, 3, 3)


def view(graph=GRAPH, shown=None, instances=()):
    return network_view(graph, STATUS, instances, shown)


def test_the_table_has_each_host_what_is_not_reached_first():
    told = [(row.name, row.mark, row.state, row.via, row.links, row.note) for row in view().rows]
    assert told == [
        ("10.0.0.9:4042", marks.BAD, "dialling", "", 0, "dialling"),
        ("omega", marks.BAD, "unreachable", "", 0, f"{CPP_ROUTER}; waiting after 31 failures: no route"),
        ("alpha", marks.GOOD, "this one", "", 1, ""),
        ("beta", marks.GOOD, "linked", "", 2, ""),
        ("gamma", marks.GOOD, "reachable", "beta", 1, ""),
    ]


def test_who_does_not_count_is_told_with_what_to_do():
    end = Node("gamma", state="reachable", counts=False, vouched_by=("beta",))
    [row] = view(Graph(nodes=(end,))).rows
    assert (row.mark, row.note) == (
        marks.GOOD,
        "vouched for by one (beta): add it to [cluster] neighbors to let it count",
    )


def test_the_picture_has_the_same_hosts_and_each_link_once():
    found = view()
    assert {spot.name for spot in found.spots} == {row.name for row in found.rows}
    assert [line.is_confirmed for line in found.lines] == [True, False]
    assert all(0 < spot.x < found.canvas.width and 0 < spot.y < found.canvas.height for spot in found.spots)
    assert found.sentence == "up, incomplete: 3 of 5 hosts reached; 2 links"


def test_services_are_counted_by_state():
    instances = [Instance("a", "beta"), Instance("b", "beta"), Instance("c", "beta", state="blocked")]
    assert next(row.services for row in view(instances=instances).rows if row.name == "beta") == "2 up, 1 blocked"


def test_where_there_are_many_only_those_that_matter_are_named():
    names = ["alpha", *(f"node{number:03}" for number in range(199))]
    nodes = tuple(Node(name, state="self" if name == "alpha" else "linked") for name in names[:-1])
    found = view(Graph(nodes=(*nodes, Node(names[-1], state="unreachable"))), Bound(troubled=60, well=20))
    assert [spot.label for spot in found.spots if spot.label] == ["alpha", "node198"]
    assert (len(found.rows), found.hidden_text) == (20, "and 180 more, all reached")


@pytest.mark.parametrize(
    ("neighbor", "note"),
    [
        (Neighbor("10.0.0.3:4042", "gamma", "waiting"), ""),
        (
            Neighbor("10.0.0.3:4042", "gamma", "dialling", failures=1, reason="no route"),
            "dialling after 1 failure: no route",
        ),
        (Neighbor("10.0.0.3:4042", "gamma", "refused", reason="wrong password"), "refused: wrong password"),
    ],
    ids=["nothing-failed", "failed", "refused"],
)
def test_who_is_reached_over_others_tells_only_of_failures(neighbor, note):
    found = view(Graph(nodes=GRAPH.nodes, links=GRAPH.links, neighbors=(neighbor,)))
    assert next(row.note for row in found.rows if row.name == "gamma") == note


def test_of_many_the_hubs_are_named_on_the_side_where_nothing_hangs_on_them():
    leaves = [f"{hub}-{number:02}" for hub in ("hub0", "hub1") for number in range(30)]
    links = (Link("hub0", "hub1"), *(Link(leaf.partition("-")[0], leaf) for leaf in leaves))
    nodes = tuple(Node(name, state="linked") for name in ("hub0", "hub1", *leaves))
    found = view(Graph(nodes=nodes, links=links))
    spots = {spot.name: spot for spot in found.spots if spot.label}
    assert found.is_large
    assert set(spots) == {"hub0", "hub1"}
    assert all(spot.is_hub for spot in spots.values())
    middle = found.canvas.width / 2, found.canvas.height / 2
    assert all(
        abs(complex(spot.label_x, spot.label_y) - complex(*middle)) < abs(complex(spot.x, spot.y) - complex(*middle))
        for spot in spots.values()
    )


def test_so_many_links_are_drawn_that_a_browser_likes_them():
    names = [f"n{number}" for number in range(60)]
    links = tuple(Link(one, other) for one in names for other in names if one < other)
    found = view(Graph(nodes=tuple(Node(name, state="linked") for name in names), links=links))
    assert len(found.lines) + found.lines_hidden == 60 * 59 // 2
    assert found.lines_hidden > 0


def test_nobody_is_there():
    found = view(Graph())
    assert (found.spots, found.lines, found.rows) == ([], [], [])


@pytest.mark.parametrize(
    ("status", "mark", "text"),
    [
        (None, marks.DOUBTFUL, "unknown"),
        (ClusterStatus(), marks.DOUBTFUL, "unknown"),
        (ClusterStatus("up", "complete", 1, 1), marks.GOOD, "up, complete: 1 of 1 host reached"),
        (STATUS, marks.DOUBTFUL, "up, incomplete: 3 of 5 hosts reached"),
        (
            ClusterStatus("down", "incomplete", 5, 2, 3),
            marks.BAD,
            "down, incomplete: 2 of 5 hosts reached; 3 are needed for a quorum",
        ),
        (ClusterStatus("up", ""), marks.DOUBTFUL, "up"),
    ],
    ids=["none", "empty", "complete", "incomplete", "down", "elder"],
)
def test_how_the_cluster_is(status, mark, text):
    assert headline(status) == (mark, text)
