import itertools

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.router.mesh.topology import Edge, Topology, _find_ways, _weight
from communicator.router.vocabulary.records import Leaf, LinksState, NeighborState


def cluster(text):
    """Links of a cluster, as ``A-B 2`` (both ends say so), ``A>B 2`` (A says so), ``A=L 2`` (A says so of a leaf)."""
    told = {}
    for line in text.strip().splitlines():
        pair, _, cost = line.strip().partition(" ")
        sign = next(sign for sign in "->=" if sign in pair)
        one, other = pair.split(sign)
        leaf = Leaf("10.0.0.9:4042", (f"from_{one}",)) if sign == "=" else None
        told.setdefault(one, []).append(NeighborState(other, float(cost or 1), leaf))
        if sign == "-":
            told.setdefault(other, []).append(NeighborState(one, float(cost or 1)))
    return {name: LinksState(f"{name}:1", secure=False, neighbors=tuple(found)) for name, found in told.items()}


def seen_from(own, links):
    return Topology(own, cluster(links) if isinstance(links, str) else links)


LINE = "A-B\nB-C\nC-D\nD-E"
DIAMOND = "A-B\nA-C\nB-D\nC-D"


@pytest.mark.parametrize(
    ("links", "own", "server", "path", "cost"),
    [
        (LINE, "A", "E", "ABCDE", 4.0),
        (LINE, "C", "A", "CBA", 2.0),
        (LINE, "A", "A", None, 0),
        (LINE, "A", "F", None, 0),
        ("A-B 5\nA-C 1\nC-B 1.5", "A", "B", "ACB", 2.5),
        ("A-B 0.1\nB-C 0.2\nA-C 0.3\nC>D", "A", "D", None, 0),
        ("A>B 1\nB>A 3\nA-C 1\nC-B 1.5", "A", "B", "ACB", 2.5),
        ("A>B 1\nB>A 3", "A", "B", "AB", 3.0),
        ("A>B", "A", "B", None, 0),
        ("A>B", "B", "A", None, 0),
        ("A-B\nC-D", "A", "D", None, 0),
        ("A=L 2", "A", "L", "AL", 2.0),
        ("A-B\nB=L 2\nA=L 9", "A", "L", "ABL", 3.0),
        ("A=L\nB=L", "A", "B", None, 0),
        ("A-B 9\nA=L\nB=L", "A", "B", "AB", 9.0),
        ("A=L\nL=M\nA-B", "A", "M", None, 0),
        ("A-B\nC=L", "A", "L", None, 0),
        ("A-B\nA=B", "A", "B", "AB", 1.0),
    ],
)
def test_the_way_is_the_cheapest_that_both_ends_confirm(links, own, server, path, cost):
    reach = seen_from(own, links).reach(server)
    if path is None:
        assert reach is None
    else:
        assert (reach.path, reach.cost, reach.next_hop) == (tuple(path), cost, path[1])


def test_who_knows_nobody_reaches_nobody():
    topology = Topology("A", {})
    assert (topology.reachable(), topology.edges(), topology.reach("B"), topology.leaf("B")) == (set(), [], None, None)
    assert topology.behind("B") == {"B"}
    assert topology.behind("A") == set()


def test_a_leaf_is_known_by_all_who_tell_of_it():
    topology = seen_from("A", "A-B\nA=L 1\nB=L 1\nC=L 1")
    assert topology.leaf("L") == Leaf("10.0.0.9:4042", ("from_A", "from_B"))
    assert topology.reach("L").path == ("A", "L")
    assert topology.leaf("B") is None


def test_a_leaf_that_became_a_router_is_one_however_old_the_words_of_those_who_are_gone():
    assert seen_from("A", "A-X\nX-D\nGONE=X").reach("D").path == ("A", "X", "D")


@pytest.mark.parametrize(("own", "old"), [("A", "X"), ("X", "A")])
def test_a_router_that_became_a_leaf_is_one_however_old_its_own_words_are(own, old):
    links = cluster(f"{own}-{old}\n{old}-GONE\n{own}-B\n{old}-D") | cluster(f"{own}-B\n{own}={old}")
    topology = seen_from(own, links)
    assert topology.leaf(old) is not None
    assert (topology.reach("D"), topology.behind(old)) == (None, {old})
    assert topology.reachable() == {"B", old}


@pytest.mark.parametrize(
    ("links", "neighbor", "behind"),
    [
        (LINE, "B", "BCDE"),
        ("B-A\nA-C\nC-D\nB=L\nD=M\nA=N\nC=N", "C", "CDMN"),
        ("B-A\nA-C\nC-D\nB=L\nD=M\nA=N\nC=N", "B", "BL"),
        (DIAMOND, "B", "BCD"),
        ("A=L\nB=L\nA-B", "L", "L"),
        ("A>B\nB-C", "B", "BC"),
        ("A-B", "Z", "Z"),
        ("A-B\nB-L\nA-C\nC=L", "C", "C"),
    ],
)
def test_behind_a_neighbor_is_what_it_leads_to_without_us(links, neighbor, behind):
    assert seen_from("A", links).behind(neighbor) == set(behind)


def test_edges_are_told_whether_they_count_or_not():
    assert seen_from("A", "B>A 2\nA>B 3\nC>A 7\nA=L 4\nA=M\nL=M\nD=K").edges() == [
        Edge("A", "B", 3.0, confirmed=True),
        Edge("A", "C", 7.0, confirmed=False),
        Edge("A", "L", 4.0, confirmed=True),
        Edge("A", "M", 1.0, confirmed=True),
        Edge("D", "K", 1.0, confirmed=True),
    ]


def test_of_equal_ways_every_process_chooses_the_same():
    assert seen_from("A", DIAMOND).reach("D").path == ("A", "C", "D")
    assert _weight("A", "B", 1.0) == _weight("B", "A", 1.0)
    assert _weight("A", "B", 1.0) & (2**74 - 1) == int.from_bytes(bytes.fromhex("bba886a7619db511"))


def test_a_thousand_hops_cannot_outweigh_the_least_difference_of_cost():
    names = [f"n{number}" for number in range(1001)]
    line = sum(_weight(one, other, 0.1) for one, other in itertools.pairwise(names))
    assert line < _weight("n0", "n1000", 1000 * 0.1 + 0.000_001)


# Random clusters: up to nine routers and three leaves; costs of few values, so that there are many ties, and of any.
ROUTERS = "ABCDEFGHI"
LEAVES = "XYZ"
costs = st.sampled_from([1.0, 1.0, 1.0, 2.0, 0.1]) | st.integers(100_000, 10**9).map(lambda steps: steps / 1_000_000)
pairs = st.sampled_from(list(itertools.combinations(ROUTERS, 2)))
wires = st.dictionaries(pairs, st.tuples(costs, costs, st.sampled_from(["both", "both", "both", "one", "other"])))
leaf_wires = st.dictionaries(st.tuples(st.sampled_from(ROUTERS + LEAVES), st.sampled_from(LEAVES)), costs, max_size=6)


@st.composite
def random_clusters(draw):
    """What each server tells, and the graphs that an oracle makes of it: of the routers, and of all."""
    told, routers = {}, nx.Graph()
    routers.add_nodes_from(ROUTERS)
    for (a, b), (cost, cost_back, who) in draw(wires).items():
        if who in {"both", "one"}:
            told.setdefault(a, []).append(NeighborState(b, cost))
        if who in {"both", "other"}:
            told.setdefault(b, []).append(NeighborState(a, cost_back))
        if who == "both":
            routers.add_edge(a, b, cost=max(cost, cost_back))
    everything = routers.copy()
    for (teller, leaf), cost in draw(leaf_wires).items():
        if teller == leaf:
            continue
        told.setdefault(teller, []).append(NeighborState(leaf, cost, Leaf("", ())))
        if teller in ROUTERS:
            everything.add_edge(teller, leaf, cost=cost)
    links = {name: LinksState(f"{name}:1", secure=False, neighbors=tuple(found)) for name, found in told.items()}
    return links, routers, everything


def without_transit(everything, source, target):
    """The graph of what a message between these two may pass."""
    return everything.subgraph([node for node in everything if node in ROUTERS or node in {source, target}])


@given(random_clusters(), st.sampled_from(ROUTERS))
@settings(max_examples=3 * settings.default.max_examples // 2)
def test_the_best_ways_are_those_of_the_oracle_router_by_router(found, own):
    _, routers, _ = found
    linked = {a: {b: _weight(a, b, link["cost"]) for b, link in links.items()} for a, links in routers.adjacency()}
    lengths, paths = nx.single_source_dijkstra(routers, own, weight=lambda a, b, _link: linked[a][b])
    ways = _find_ways(linked, own)
    assert {server: (way.weight, list(way.path)) for server, way in ways.items()} == {
        server: (lengths[server], paths[server]) for server in paths
    }
    assert list(ways) == sorted(ways, key=lengths.__getitem__)


@given(st.dictionaries(pairs, st.integers(1, 3)), st.sampled_from(ROUTERS))
@settings(max_examples=3 * settings.default.max_examples // 2)
def test_ways_are_the_lightest_where_many_weigh_the_same(weights, own):
    graph = nx.Graph()
    graph.add_node(own)
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in weights.items())
    linked = {a: {b: link["weight"] for b, link in links.items()} for a, links in graph.adjacency()}
    ways = _find_ways(linked, own)
    assert {server: way.weight for server, way in ways.items()} == nx.single_source_dijkstra_path_length(graph, own)
    assert all(way.weight == nx.path_weight(graph, way.path, "weight") for way in ways.values())


@given(random_clusters())
@settings(max_examples=3 * settings.default.max_examples // 2)
def test_ways_are_as_cheap_as_the_oracle_finds_them_and_the_same_in_both_directions(found):
    links, _, everything = found
    topologies = {own: seen_from(own, links) for own in ROUTERS}
    for own, topology in topologies.items():
        reached = set()
        for server in set(everything) - {own}:
            graph = without_transit(everything, own, server)
            reach = topology.reach(server)
            if reach is None:
                assert not nx.has_path(graph, own, server)
                continue
            reached.add(server)
            assert reach.cost == pytest.approx(nx.dijkstra_path_length(graph, own, server, "cost"))
            assert reach.cost == pytest.approx(nx.path_weight(graph, reach.path, "cost"))
            assert (reach.path[0], reach.path[-1], reach.next_hop) == (own, server, reach.path[1])
            assert (topology.leaf(server) is not None) == (server in LEAVES)
            if server in ROUTERS:
                assert topologies[server].reach(own).path == reach.path[::-1]
        assert topology.reachable() == reached


@given(random_clusters())
@settings(max_examples=3 * settings.default.max_examples // 2)
def test_who_follows_next_hops_arrives_by_the_way_the_first_one_knew(found):
    links, _, _ = found
    topologies = {own: seen_from(own, links) for own in ROUTERS}
    for own, topology in topologies.items():
        for server in topology.reachable():
            walked = [own]
            while walked[-1] != server:
                walked.append(topologies[walked[-1]].reach(server).next_hop)
                assert len(walked) <= len(ROUTERS) + 1, walked
            assert tuple(walked) == topology.reach(server).path


@given(random_clusters(), st.sampled_from(ROUTERS))
@settings(max_examples=3 * settings.default.max_examples // 2)
def test_behind_is_what_a_search_without_us_finds(found, own):
    links, _, everything = found
    topology = seen_from(own, links)
    for neighbor in set(everything.neighbors(own)):
        if neighbor in LEAVES:
            assert topology.behind(neighbor) == {neighbor}
            continue
        brute = {
            server
            for server in set(everything) - {own}
            if nx.has_path(
                without_transit(everything, neighbor, server).subgraph(set(everything) - {own}), neighbor, server
            )
        }
        assert topology.behind(neighbor) == brute
        assert all(server in brute for server in topology.reachable() if topology.reach(server).next_hop == neighbor)


@given(random_clusters(), st.sampled_from(ROUTERS))
def test_edges_that_count_are_those_of_the_oracle(found, own):
    links, routers, everything = found
    topology = seen_from(own, links)
    edges = {frozenset((edge.a, edge.b)): edge for edge in topology.edges()}
    assert len(edges) == len(topology.edges())
    counting = {pair for pair, edge in edges.items() if edge.confirmed}
    assert {frozenset(pair) for pair in everything.edges} <= counting
    assert {pair for pair in counting if pair <= set(ROUTERS)} == {frozenset(pair) for pair in routers.edges}
    for a, b, cost in everything.edges(data="cost"):
        assert edges[frozenset((a, b))].cost == cost
