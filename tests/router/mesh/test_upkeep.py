"""What a few routers do by themselves, wired to each other: they meet, part, heal, count, and forget."""

import json

import pytest

from communicator.router.features.cluster_status import counted_servers
from communicator.router.vocabulary.effects import KeptFile, Level

A, B, C, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"


def reached(net, name):
    return sorted(net.board(name).carrier.reachable())


@pytest.fixture
def line(wires):
    """Three routers in a line: a - b - c."""
    wires.start("a", A, B, discover=False).start("b", B, A, C, discover=False).start("c", C, B, discover=False)
    return wires.run(3)


def test_routers_find_each_other_by_one_common_neighbor(wires):
    wires.start("a", A).start("b", B, A).start("c", C, A).run(3)
    assert [reached(wires, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert [sorted(wires.board(name).mesh.peers) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    for ip in (A, B, C):
        text = wires.kept[ip, KeptFile.NEIGHBORS]
        assert [line for line in text.splitlines() if not line.startswith("#")] == [
            f"{each}:4042" for each in (A, B, C)
        ]


def test_a_line_is_one_cluster(line):
    assert [reached(line, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert sorted(line.board("a").mesh.peers) == ["b"]


def test_a_restarted_router_is_back_within_seconds(wires):
    wires.start("a", A).start("b", B, A).start("c", C, A).run(3)
    watcher = wires.service("a", "watcher", "HANGUP", "NEW_REMOTE_CONNECTION")
    wires.stop("b")
    wires.run(0.1)
    assert [(message.command, message.get("server_name")) for message in wires.heard(watcher)] == [("HANGUP", "b")]
    wires.start("b", B, A).run(3)
    assert [(message.command, message.get("server_name")) for message in wires.heard(watcher)] == [
        ("NEW_REMOTE_CONNECTION", "b")
    ]
    assert [reached(wires, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]


def test_a_restarted_router_is_never_taken_for_its_own_namesake(line):
    for _ in range(5):
        line.stop("b")
        line.run(0.7)
        line.start("b", B, A, C, discover=False).run(4)
    assert [reached(line, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert not [event for ip, event in ((ip, n.event) for ip, n in line.notices) if event == "server_name_conflict"]


def test_a_former_life_with_a_wrong_clock_makes_no_difference(line):
    line.stop("b")
    line.run(1)
    line.start("b", B, A, C, discover=False, started_s=2_000_000_000).run(4)
    line.stop("b")
    line.run(1)
    line.start("b", B, A, C, discover=False).run(4)
    assert [reached(line, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert line.events("b", Level.WARNING).count("former_life_heard") == 0
    assert line.board("b").mesh.database.started < 2_000_000_000
    assert not line.events("b", Level.ERROR).count("server_name_conflict")


def test_what_happened_on_the_other_side_is_known_after_a_heal(line):
    asker = line.service("a", "asker", "PONG")
    line.cut("c")
    line.run(2)
    line.service("c", "worker", "PING")
    other = line.service("c", "other", "PING")
    line.say(other, "UNREGISTER service=other")
    line.run(2)
    assert (reached(line, "a"), reached(line, "c")) == (["b"], [])
    line.heal()
    line.run(4)
    assert reached(line, "a") == ["b", "c"]
    told = json.loads(line.ask(asker, "LIST_SERVICES")["services"])
    assert [(one["server"], one["service"]) for one in told if one["server"] == "c"] == [("c", "worker")]


# Quorum.


def test_two_halves_know_that_they_are_halves(wires):
    for name, ip in zip("abcd", (A, B, C, D), strict=True):
        wires.start(name, ip, A)
    wires.run(3)
    watchers = {
        name: wires.service(name, "watcher", "CLUSTER_CURRENT_STATUS", "CLUSTER_DOWN", "CLUSTER_UP") for name in "abcd"
    }
    wires.cut("c", "d")
    wires.run(1)
    for name, others in (("a", "a,b"), ("b", "a,b"), ("c", "c,d"), ("d", "c,d")):
        told = wires.ask(watchers[name], "CLUSTER_GET_STATUS")
        assert (told["status"], told["completeness"]) == ("down", "incomplete")
        assert (told["live_count"], told["neighbors_count"], told["quorum"]) == ("2", "4", "3")
        assert (told["servers"], told["missing"]) == (others, "c,d" if others == "a,b" else "a,b")
        assert wires.kept[wires.ips[name], KeptFile.CLUSTER_STATUS] == "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n"
        assert "cluster_changed" in wires.events(name, Level.ERROR)
    wires.heal()
    wires.run(4)
    for name in "abcd":
        told = wires.ask(watchers[name], "CLUSTER_GET_STATUS")
        assert (told["status"], told["completeness"], told.get("missing")) == ("up", "complete", None)
        assert wires.kept[wires.ips[name], KeptFile.CLUSTER_STATUS] == "CLUSTER_UP\nCLUSTER_COMPLETE\n"


def test_the_majority_stays_up(wires):
    for name, ip in zip("abc", (A, B, C), strict=True):
        wires.start(name, ip, A)
    wires.run(3)
    watcher = wires.service(
        "a", "watcher", "CLUSTER_CURRENT_STATUS", "CLUSTER_UP", "CLUSTER_INCOMPLETE", "CLUSTER_DOWN"
    )
    wires.cut("c")
    wires.run(1)
    heard = wires.heard(watcher)
    assert [message.command for message in heard] == ["CLUSTER_CURRENT_STATUS", "CLUSTER_UP", "CLUSTER_INCOMPLETE"]
    assert (heard[0].get("status"), heard[0].get("missing")) == ("up", "c")


# Forgetting.


def count(net, name):
    return 1 + len(counted_servers(net.board(name)))


def test_a_forgotten_router_stays_forgotten_although_others_gossip_about_it(wires):
    for name, ip in zip("abc", (A, B, C), strict=True):
        wires.start(name, ip, A)
    wires.run(3)
    wires.stop("c")
    wires.run(2)
    operator = wires.service("a", "operator")
    wires.say(operator, "FORGET server=c")
    wires.run(1)
    assert wires.heard(operator) == []
    assert (count(wires, "a"), count(wires, "b")) == (2, 2)
    assert wires.ask(operator, "CLUSTER_GET_STATUS")["completeness"] == "complete"
    wires.start("d", D, B, saved_neighbors=f"{A}:4042\n{B}:4042\n{C}:4042\n").run(4)
    assert {name: count(wires, name) for name in "abd"} == {"a": 3, "b": 3, "d": 3}
    assert f"{C}:4042\n" not in wires.kept[D, KeptFile.NEIGHBORS].replace("# forgotten ", "")
    wires.run(600)
    assert {name: count(wires, name) for name in "abd"} == {"a": 3, "b": 3, "d": 3}


def test_a_forgotten_router_comes_back_when_it_proves_itself(wires):
    for name, ip in zip("abc", (A, B, C), strict=True):
        wires.start(name, ip, A)
    wires.run(3)
    wires.stop("c")
    wires.run(2)
    wires.say(wires.service("a", "operator"), f"FORGET ip={C}")
    wires.run(60)
    wires.start("c", C, A).run(4)
    assert {name: (count(wires, name), reached(wires, name)) for name in "abc"} == {
        "a": (3, ["b", "c"]),
        "b": (3, ["a", "c"]),
        "c": (3, ["a", "b"]),
    }
    wires.run(60)
    assert {name: count(wires, name) for name in "abc"} == {"a": 3, "b": 3, "c": 3}


# Namesakes.


def test_two_live_routers_of_one_name_do_not_flood_the_cluster(wires):
    """They stand at the ends of a line, so that nobody sees both."""
    twin = {"discover": False}
    wires.start("x", A, B, **twin).start("b", B, A, C, **twin).start("c", C, B, D, **twin)
    wires.run(3)
    wires.start("x", D, C, **twin)
    wires.run(10)
    before = len(wires.written)
    wires.run(60)
    states = [message for _, _, message in wires.written[before:] if message.command == "LINK_STATE"]
    assert len(states) < 200
    conflicts = [(ip, n) for ip, n in wires.notices if n.event == "server_name_conflict"]
    assert {n.level for _, n in conflicts} == {Level.ERROR}
    assert 2 <= len(conflicts) <= 20


# A leaf among ours.


def test_a_leaf_linked_to_two_of_ours_gets_and_gives_one_copy(wires):
    wires.start("a", A).start("b", B, A).start("cpp", C, A, B, features=frozenset()).run(3)
    assert (sorted(wires.board("a").mesh.peers), sorted(wires.board("cpp").mesh.peers)) == (["b", "cpp"], ["a", "b"])
    services = {name: wires.service(name, f"svc_{name}", "NOTE", "PING") for name in ("a", "b", "cpp")}
    wires.run(1)
    for sender, link in services.items():
        for each in services.values():
            wires.heard(each)
        wires.say(link, f"*/NOTE x={sender}")
        wires.run(1)
        for name, each in services.items():
            assert [message.get("x") for message in wires.heard(each) if message.command == "NOTE"] == [sender], name
    for sender, link in services.items():
        for receiver, other in services.items():
            if sender != receiver and "cpp" not in (sender, receiver):
                wires.say(link, f"svc_{receiver}/PING x={sender}")
                wires.run(1)
                assert [message.get("x") for message in wires.heard(other) if message.command == "PING"] == [sender]
    wires.say(services["cpp"], "a:svc_a/PING x=1")
    wires.run(1)
    assert [message.get("x") for message in wires.heard(services["a"]) if message.command == "PING"] == ["1"]
