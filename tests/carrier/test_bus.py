"""What is so on a link that leads to many routers, and nowhere else."""

import pytest

from communicator.router.vocabulary.events import LinesReceived, ServersReached
from simulation.cluster import Cluster


@pytest.fixture
def bus():
    """Three routers on a bus."""
    cluster = Cluster([], bus="abc")
    return cluster, {host: cluster.service(host, f"svc_{host}", "NOTE,INVALID") for host in "abc"}


def tell(cluster, host, line):
    """A line that comes over the bus, whoever wrote it; what the router then writes to the bus."""
    before = len(cluster.wire.lines)
    cluster.hosts[host].tell(LinesReceived(cluster.hosts[host].bus_link, line))
    cluster.run()
    return [line for one, _, line in cluster.wire.lines[before:] if one == host]


def test_each_copy_of_one_line_serves_the_router_that_gets_it(bus):
    cluster, voices = bus
    before = len(cluster.wire.lines)
    cluster.say(voices["a"], "*/NOTE x=1")
    crossed = [(one, other) for one, other, line in cluster.wire.lines[before:] if b"NOTE" in line]
    assert crossed == [("a", "b"), ("a", "c")]


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\n",
        b"{\n",
        b"CLOCK_STATUS\n",
        b"LINK_STATE records=[]\n",
        b"<zz:svc a:communicatord/CLOCK_STATUS\n",
        b"<a:svc a:communicatord/CLOCK_STATUS\n",
        b"<b:svc a:svc_a/P hops_left=-1;trace=t\n",
    ],
)
def test_what_is_wrong_on_a_bus_is_counted_and_not_answered_to_everyone(bus, line):
    cluster, _ = bus
    board = cluster["a"]._board
    dropped = sum(board.statistics.dropped.values())
    assert tell(cluster, "a", line) == []
    assert sum(board.statistics.dropped.values()) == dropped + 1


def test_who_asks_what_it_may_not_is_told_so_alone(bus):
    cluster, _ = bus
    [answer] = tell(cluster, "a", b"<b:svc_b a:communicatord/STOP\n")
    assert answer.startswith(b"<a:communicatord b:svc_b/INVALID command=STOP;")


@pytest.mark.parametrize(
    "command", ["CONNECT version=1;server_name=b;my_address=10.0.0.9:4042", "ACCEPT", "REFUSE", "GOSSIP", "RECEIVED"]
)
def test_routers_need_not_meet_on_a_bus(bus, command):
    cluster, _ = bus
    [answer] = tell(cluster, "a", f"<b:communicatord {command}\n".encode())
    assert b"b:communicatord/INVALID" in answer
    assert b"over a remote or secure link of its own" in answer
    assert cluster["a"]._board.mesh.peers == {}


def test_on_a_bus_everyone_speaks_for_itself(bus):
    cluster, _ = bus
    summary = [line for one, _, line in cluster.wire.lines if one == "c" and b"LINK_STATE_SUMMARY" in line]
    assert summary
    answers = tell(cluster, "a", b'<b:communicatord a:communicatord/LINK_STATE_SUMMARY known="{}"\n')
    assert answers
    assert all(b'"server":"b"' not in line and b'"server":"c"' not in line for line in answers)
    before = cluster["a"]._board.mesh.database.summary()
    word = next(line for one, _, line in cluster.wire.lines if one == "c" and b"LINK_STATE records" in line)
    later = word.replace(b'"sequence":1,', b'"sequence":9,')
    tell(cluster, "a", later.replace(b"<c:", b"<b:"))
    assert cluster["a"]._board.mesh.database.summary() == before
    tell(cluster, "a", later)
    assert cluster["a"]._board.mesh.database.summary() != before


def test_a_former_life_with_a_wrong_clock_is_outdone(bus):
    """Of a router that was away: the others have words of its last life that are later than what it says now."""
    cluster, voices = bus
    host = cluster.hosts["c"]
    host.drop_off()
    host.crash(silently=False)
    host.clocks.wall_skew_s = -3600
    host.start()
    host.join(cluster.bus)
    cluster.run(30)
    voices["c"] = cluster.service("c", "svc_new", "NOTE")
    cluster.say(voices["a"], "svc_new/P x=1")
    assert voices["c"].take() == ["<a:svc_a c:svc_new/P x=1"]


def test_a_bus_that_is_lost_takes_all_ways_with_it(bus):
    cluster, voices = bus
    cluster.hosts["a"].drop_off()
    cluster.run()
    assert cluster["a"]._board.carrier.reachable() == frozenset()
    voices["a"].take()
    cluster.say(voices["a"], "b:svc_b/P transmission_report=failure")
    assert "reason=no_route" in voices["a"].take()[0]
    cluster.say(voices["b"], "*/NOTE x=1")
    assert (len(voices["c"].take()), voices["a"].take()) == (1, [])


def test_who_is_reached_is_taken_from_a_bus_only(bus):
    cluster, voices = bus
    board = cluster["a"]._board
    for link in (voices["a"]._link, 12345):
        cluster.hosts["a"].tell(ServersReached(link, frozenset({"b", "zz"})))
        assert board.carrier.reachable() == {"b", "c"}
    cluster.hosts["a"].tell(ServersReached(cluster.hosts["a"].bus_link, frozenset({"a", "b"})))
    assert board.carrier.reachable() == {"b"}


def test_a_router_without_a_bus_takes_no_link_for_one():
    cluster = Cluster([("a", "b")])
    board = cluster["a"]._board
    assert not board.mesh.opened(board.mesh.peers["b"])


def test_the_first_on_a_bus_tells_the_second_of_services_that_came_while_it_was_alone():
    cluster = Cluster([], bus="ab")
    for host in cluster.hosts.values():
        host.drop_off()
        host.crash(silently=False)
    cluster.hosts["a"].start()
    cluster.hosts["a"].join(cluster.bus)
    early = cluster.service("a", "early")
    cluster.run(10)
    cluster.hosts["b"].start()
    cluster.hosts["b"].join(cluster.bus)
    cluster.run()
    sender = cluster.service("b", "sender")
    cluster.say(sender, "early/P x=1")
    assert early.take() == ["<b:sender a:early/P x=1"]


def test_a_remembered_route_to_who_has_left_is_void_at_once(bus):
    cluster, voices = bus
    cluster.run(30)
    cluster.say(voices["a"], "b:svc_b/P x=1", "svc_b/P x=2")
    assert len(voices["b"].take()) == 2
    cluster.hosts["b"].drop_off()
    cluster.run(0.1)
    asks = "transmission_report=failure"
    cluster.say(voices["a"], f"b:svc_b/P {asks}", f"svc_b/P {asks}")
    assert [line.partition("reason=")[2] for line in voices["a"].take()] == [
        "no_route;status=failed",
        "service_unknown;status=failed",
    ]
