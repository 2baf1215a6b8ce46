"""What the recordings do not show of a leaf: how it takes what only Bellwether says, and how it lives on a simulated host."""

import pytest

from communicator.protocol.addresses import HostPort
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress, RouterConfig
from communicator.router.vocabulary.effects import Close, Dial, Keep, KeptFile, Send, Stop
from communicator.router.vocabulary.events import (
    DeadlineReached,
    Instant,
    LinesReceived,
    LinkKind,
    LinkOpened,
    StopRequested,
)
from simulation.cluster import Cluster, chain, everyone
from simulation.leaf import Leaf
from tests.simulation.recording import SECTIONS

SETTLED_S = 70.0
OF_PLUGINS = {"CLOCK_STATUS", "LISTEN_LOADAVG", "LOADAVG", "REGISTER_FOR_LOADAVG", "UNREGISTER_FROM_LOADAVG"}


def config(name="b", number=2, neighbors=(1,)):
    hosts = (NeighborAddress(HostPort(f"10.9.0.{neighbor}", 4042), secure=False) for neighbor in neighbors)
    return RouterConfig(
        server_name=name,
        my_address=f"10.9.0.{number}:4042",
        boot_id="",
        version="",
        python="",
        uid=0,
        cluster=ClusterConfig(listens=True, neighbors=tuple(hosts)),
    )


def at(time_s):
    return Instant(time_s, int((1_796_062_500 + time_s) * 1e9))


class Bench:
    """A leaf on the bench: events in, what it writes out."""

    def __init__(self, *, plugins=False, **said):
        self.leaf = Leaf(config(**said), at(0.0), plugins=plugins)
        self.now_s = 0.0

    def do(self, event):
        return self.leaf.handle(event, at(self.now_s))

    def connect(self, link, kind=LinkKind.REMOTE, dial=None):
        return self.do(LinkOpened(link, kind, "10.9.0.3:60000", dial=dial))

    def write(self, link, text):
        effects = self.do(LinesReceived(link, f"{text}\n".encode()))
        return [(each.link, each.data.decode().rstrip("\n")) for each in effects if isinstance(each, Send)]


CONNECT = "CONNECT my_address=10.9.0.3:4042;server_name=c;version=1"
ACCEPT = (1, "<b:communicatord ACCEPT my_address=10.9.0.2:4042;neighbors=10.9.0.1:4042;server_name=b")


def test_parameters_of_bellwether_are_ignored():
    bench = Bench()
    bench.connect(1)
    said = bench.write(1, f"<c:communicatord {CONNECT};boot_id=x;features=ack/1,directory/1;heard_of=s_c")
    assert said == [ACCEPT, (1, "<b:communicatord HELP")]


@pytest.mark.parametrize("command", ["LINK_STATE", "RECEIVED", "STATUS", "REGISTER_FOR_LOADAVG", "TRANSMISSION_REPORT"])
def test_commands_that_it_does_not_know_are_answered_so(command):
    bench = Bench()
    bench.connect(1)
    bench.write(1, CONNECT)
    assert bench.write(1, f"<c:communicatord {command}") == [(1, f"c:communicatord/UNKNOWN command={command}")]


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT my_address=10.9.0.3:4042;server_name=c;version=2",
        "CONNECT my_address=10.9.0.3:4042;version=1",
        "CONNECT server_name=c;version=1",
        "REGISTER service=foo",
        "REGISTER version=1",
        "GOSSIP heard_of=10.9.0.3:4042",
        "FORGET",
        "SERVICE_STATUS",
        "UNREGISTER service=foo",
        "not a line at all",
    ],
)
def test_what_lacks_something_is_not_answered(line):
    bench = Bench()
    bench.connect(1)
    assert bench.write(1, line) == []


def test_signs_of_life_are_answered():
    bench = Bench()
    bench.connect(1)
    bench.write(1, CONNECT)
    answer = [(1, "c:communicatord/ABSOLUTELY reply_timestamp=1796062500.000000000;serial=7")]
    assert bench.write(1, "<c:communicatord ALIVE serial=7") == answer


@pytest.mark.parametrize(
    "parameters", ["", ";broadcast_timeout=soon", ";broadcast_timeout=1796062509;broadcast_hops=many"]
)
def test_what_ends_a_cpp_router_raises(parameters):
    bench = Bench()
    bench.connect(1)
    with pytest.raises((KeyError, ValueError)):
        bench.write(1, f"*/NOTIFY broadcast_msgid=x-1{parameters}")


def test_a_fault_of_a_plugin_ends_it():
    bench = Bench(plugins=True)
    bench.connect(1, LinkKind.UNIX)
    bench.write(1, "REGISTER_FOR_LOADAVG")
    with pytest.raises(ValueError, match="UNREGISTER_FROM_LOADAVG"):
        bench.write(1, "UNREGISTER_FROM_LOADAVG")


@pytest.mark.parametrize(("plugins", "fewer"), [(True, set()), (False, OF_PLUGINS)])
def test_it_lists_the_commands_that_a_cpp_router_lists(plugins, fewer):
    bench = Bench(plugins=plugins)
    bench.connect(1)
    ((_, said),) = bench.write(1, "HELP")
    listed = next(
        entry.what for entry in SECTIONS["11/1"].entries if entry.kind == "wrote" and b"COMMANDS list=" in entry.what
    )
    expected = set(listed.decode().rstrip().partition("list=")[2].split(","))
    assert set(said.partition("list=")[2].split(",")) == expected - fewer


def test_it_dials_at_once_and_writes_down_whom_it_knows():
    bench = Bench(neighbors=(1, 3))
    assert bench.leaf.next_deadline() == 0.0
    effects = bench.do(DeadlineReached())
    assert Dial(1, "10.9.0.1", 4042, secure=False) in effects
    assert Keep(KeptFile.NEIGHBORS, "10.9.0.1:4042\n10.9.0.2:4042\n") in effects


def test_who_is_forgotten_is_not_dialled_until_it_is_heard_of():
    bench = Bench()
    bench.connect(1)
    bench.write(1, "FORGET ip=10.9.0.1:4042;broadcast_hops=1")
    assert bench.leaf.next_deadline() is None
    effects = bench.do(
        LinesReceived(1, b"CONNECT my_address=10.9.0.3:4042;neighbors=10.9.0.1:4042;server_name=c;version=1\n")
    )
    assert any(isinstance(effect, Keep) and "10.9.0.1:4042" in effect.content for effect in effects)
    assert bench.leaf.next_deadline() == 1.0


def test_it_dials_nobody_when_it_stops():
    bench = Bench()
    assert any(isinstance(effect, Stop) for effect in bench.do(StopRequested("SIGTERM")))
    assert bench.leaf.next_deadline() is None
    bench.connect(1)
    effects = bench.do(LinesReceived(1, b"HELP\n"))
    assert [type(effect) for effect in effects] == [Send, Close]
    assert effects[0].data == b"<b:communicatord QUITTING\n"


def test_clients_are_told_of_the_cluster_if_they_listed_it():
    bench = Bench()
    bench.connect(1, LinkKind.UNIX)
    assert bench.write(1, "PUBLIC_IP") == [(1, "<b:communicatord SERVER_PUBLIC_IP")]
    assert bench.write(1, "CLUSTER_STATUS") == []
    bench.write(1, "COMMANDS list=CLUSTER_DOWN")
    assert bench.write(1, "CLUSTER_STATUS") == [(1, "<b:communicatord ./CLUSTER_DOWN neighbors_count=2")]


def test_both_kinds_meet_on_a_network_with_delays():
    cluster = Cluster(everyone("abc"), cpp="ac")
    cluster.run(SETTLED_S)
    service = cluster.service("c", "svc", "PAYLOAD")
    asks = cluster.service("a", "asks")
    cluster.say(asks, "c:svc/PAYLOAD n=1")
    (heard,) = service.take()
    assert heard.startswith("<a:asks c:svc/PAYLOAD ")


@pytest.mark.parametrize("host", ["a", "b", "c"])
def test_a_router_that_is_killed_comes_back(host):
    cluster = Cluster(chain("abc"), cpp="abc")
    cluster.run(SETTLED_S)
    cluster.hosts[host].crash(silently=False)
    cluster.run(5.0)
    cluster.hosts[host].start()
    cluster.run(SETTLED_S)
    service = cluster.service("c", "svc", "PAYLOAD")
    asks = cluster.service("a", "asks")
    cluster.say(asks, "svc/PAYLOAD n=1")
    assert len(service.take()) == 1
