"""What the cluster looks like from here, which way a message would go, and who is forgotten."""

import json

import pytest

from communicator.router.vocabulary.effects import KeptFile, Level

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
LEAF = "10.0.0.4"


@pytest.fixture
def cluster(wires):
    """A line a - b - c, and a leaf at c; svc runs on b and c, far on c only."""
    wires.start("a", A, B, discover=False, known_services=frozenset({"offline"}))
    wires.start("b", B, A, C, discover=False)
    wires.start("c", C, B, LEAF, discover=False)
    wires.start("cpp", LEAF, C, features=frozenset(), known_services=frozenset({"mail"}), discover=False)
    wires.run(3)
    for name, service in (("b", "svc"), ("c", "svc"), ("c", "far"), ("a", "near")):
        wires.service(name, service, "PING")
    wires.asker = wires.service("a", "asker")
    return wires.run(1)


def graph_of(net):
    return json.loads(net.ask(net.asker, "CLUSTER_GET_GRAPH")["graph"])


def route_of(net, destination):
    return json.loads(net.ask(net.asker, f"CLUSTER_GET_ROUTE destination={destination}")["route"])


def test_a_router_alone(wires):
    wires.start("a", A).run(1)
    wires.asker = wires.service("a", "asker")
    graph = graph_of(wires)
    assert (graph["server"], graph["address"], graph["links"], graph["neighbors"]) == ("a", f"{A}:4042", [], [])
    [own] = graph["nodes"]
    assert (own["server"], own["state"], own["cost"], own["hops"], own["next_hop"]) == ("a", "self", 0, 0, "")


def test_the_graph(cluster):
    graph = graph_of(cluster)
    nodes = {node["server"]: node for node in graph["nodes"]}
    assert {name: node["state"] for name, node in nodes.items()} == {
        "a": "self",
        "b": "linked",
        "c": "reachable",
        "cpp": "reachable",
    }
    assert {name: (node["hops"], node["next_hop"]) for name, node in nodes.items()} == {
        "a": (0, ""),
        "b": (1, "b"),
        "c": (2, "b"),
        "cpp": (3, "b"),
    }
    assert {name: node["address"] for name, node in nodes.items()} == {
        "a": f"{A}:4042",
        "b": f"{B}:4042",
        "c": f"{C}:4042",
        "cpp": f"{LEAF}:4042",
    }
    assert (nodes["c"]["directory"], nodes["cpp"]["directory"], nodes["cpp"]["features"]) == (True, False, [])
    assert "directory/1" in nodes["c"]["features"]
    assert [node["server"] for node in graph["nodes"] if not node["directory"]] == ["cpp"]
    assert nodes["b"]["boot_id"] == cluster.board("b").config.boot_id
    assert graph["links"] == [
        {"from": one, "to": other, "cost": 1.0, "confirmed": True}
        for one, other in (("a", "b"), ("b", "c"), ("c", "cpp"))
    ]
    [neighbor] = [each for each in graph["neighbors"] if each["server"] == "b"]
    assert (neighbor["state"], neighbor["configured"], neighbor["secure"]) == ("linked", True, False)


def test_the_graph_names_whom_nobody_reaches(cluster):
    cluster.stop("c")
    cluster.run(1)
    nodes = {node["server"]: node for node in graph_of(cluster)["nodes"]}
    assert (nodes["c"]["state"], nodes["c"]["cost"], nodes["c"]["next_hop"]) == ("unreachable", None, "")


def test_the_graph_says_why_a_neighbor_is_not_linked(wires):
    wires.start("a", A, B).run(3)
    wires.asker = wires.service("a", "asker")
    [neighbor] = graph_of(wires)["neighbors"]
    assert (neighbor["state"], neighbor["reason"], neighbor["failures"] > 1) == ("waiting", "no route to host", True)


@pytest.mark.parametrize(
    ("destination", "outcome", "server", "reason"),
    [
        ("near", "local", "a", "it runs on this host"),
        ("near/PING", "local", "a", "it runs on this host"),
        ("a:near", "local", "a", "it runs on this host"),
        ("svc", "remote", "b", "the cheapest instance"),
        ("*:svc", "remote", "b", "the cheapest instance"),
        ("far/PING", "remote", "c", "the cheapest instance"),
        ("mail", "remote", "cpp", "the cheapest instance"),
        ("b:svc", "remote", "b", "linked with us"),
        ("c:anything/PING", "remote", "c", "the cheapest way"),
        ("b", "remote", "b", "linked with us"),
        ("cpp", "remote", "cpp", "the cheapest way"),
        ("cpp:mail", "remote", "cpp", "the cheapest way"),
        ("communicatord", "local", "a", "the router of this host"),
        ("a:communicatord/ALIVE", "local", "a", "the router of this host"),
        ("offline", "cached", None, "kept until the service comes"),
        ("nobody", "none", None, "service_unknown"),
        ("a:svc", "none", None, "service_unknown"),
        (".:svc", "none", None, "service_unknown"),
        ("zz:svc", "none", "zz", "server_unknown"),
    ],
)
def test_which_way_a_message_would_go(cluster, destination, outcome, server, reason):
    route = route_of(cluster, destination)
    assert (route["destination"], route["outcome"], route.get("server"), route["reason"]) == (
        destination,
        outcome,
        server,
        reason,
    )


def test_the_way_and_the_candidates(cluster):
    route = route_of(cluster, "svc")
    assert (route["path"], route["next_hop"], route["cost"]) == (["a", "b"], "b", 1.0)
    told = [(one["server"], one["cost"], one["share"], one["chosen"]) for one in route["candidates"]]
    assert told == [("b", 1.0, 1.0, True), ("c", 2.0, 0.0, False)]
    assert route_of(cluster, "cpp:mail")["path"] == ["a", "b", "c", "cpp"]


def test_a_server_that_is_away_has_no_route(cluster):
    cluster.stop("c")
    cluster.run(1)
    assert (route_of(cluster, "c:far")["reason"], route_of(cluster, "c")["reason"]) == ("no_route", "no_route")
    assert route_of(cluster, "far")["reason"] == "service_unknown"


@pytest.mark.parametrize(
    "said", ["CLUSTER_GET_ROUTE", "CLUSTER_GET_ROUTE destination=", "CLUSTER_GET_ROUTE destination=*/PING"]
)
def test_a_route_has_one_destination(cluster, said):
    cluster.say(cluster.asker, said)
    assert [message.command for message in cluster.heard(cluster.asker)] == ["INVALID"]


# FORGET: how it spreads is told in mesh/test_upkeep.py.


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("FORGET", "missing"),
        ("FORGET server=", "missing"),
        ("FORGET server=zz", "no member"),
        ("FORGET ip=10.9.9.9", "no member"),
        ("FORGET server=b", "reached now"),
        ("FORGET server=c", "reached now"),
        (f"FORGET ip={C}", "reached now"),
        ("FORGET server=a", "no member"),
        (f"FORGET ip={A}", "no member"),
    ],
)
def test_what_is_not_forgotten(cluster, said, reason):
    before = cluster.board("a").mesh.book.render_file()
    answer = cluster.ask(cluster.asker, said)
    assert (answer["command"], reason in answer["message"]) == ("FORGET", True)
    assert cluster.board("a").mesh.book.render_file() == before


def test_a_configured_neighbor_is_taken_out_of_the_configuration_first(cluster):
    cluster.stop("b")
    cluster.run(1)
    assert "cluster.neighbors" in cluster.ask(cluster.asker, "FORGET server=b")["message"]


@pytest.mark.parametrize(
    "said", ["FORGET server=c", f"FORGET ip={C}", f"FORGET ip={C}:4042", "FORGET server=c;ip=10.9.9.9"]
)
def test_what_is_forgotten_is_gone_and_written_down(cluster, said):
    cluster.stop("c")
    cluster.run(1)
    cluster.say(cluster.asker, said)
    assert cluster.heard(cluster.asker) == []
    assert "c" not in {node["server"] for node in graph_of(cluster)["nodes"]}
    assert f"# forgotten {C}:4042" in cluster.kept[A, KeptFile.NEIGHBORS]
    assert f"\n{C}:4042" not in cluster.kept[A, KeptFile.NEIGHBORS]
    assert "router_forgotten" in cluster.events("a", Level.WARNING)


def test_only_who_may_stop_the_router_makes_it_forget(mesh):
    mesh("10.0.0.2:4042").play("+ U unix bob\nU > FORGET ip=10.0.0.2\nU < INVALID command=FORGET;message=*")


def test_a_router_that_has_linked_and_told_nothing_yet_is_no_cpp_router(mesh):
    book = mesh().run("+ A unix bob\nA > REGISTER service=svc_a;version=1")
    connect = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=directory/1"
    leaf = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp;services=mail"
    book.run(f"+ B remote\nB > {connect}\n+ L remote from=10.0.0.9\nL > {leaf}")
    book.play("A < ...\nB < ...\nL < ...")
    book.write("A", b"CLUSTER_GET_GRAPH\n")
    nodes = json.loads(book.hear("A").get("graph"))["nodes"]
    assert {node["server"]: node["directory"] for node in nodes} == {"peer": True, "beta": True, "cpp": False}
