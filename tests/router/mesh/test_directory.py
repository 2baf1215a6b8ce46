import pytest

from communicator.answers.services import Instance, Role
from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.directory import Directory
from communicator.router.mesh.link_state import Database
from communicator.router.mesh.topology import Topology
from communicator.router.mesh.unlisted import Unlisted
from communicator.router.vocabulary.records import (
    LINKS,
    Leaf,
    LinksState,
    NeighborState,
    Record,
    ServicesState,
    bucket_of,
)


def instance(server, service, *commands, role=Role.LIVE, state="up"):
    return Instance(server=server, service=service, role=role, state=state, commands=commands)


class Ways:
    """The carrier of router A: its ways follow from what is told."""

    def __init__(self, database):
        self._database = database

    @property
    def generation(self):
        return self._database.links_generation

    def reachable(self):
        return Topology("A", self._database.links()).reachable()

    def leaf(self, server):
        return Topology("A", self._database.links()).leaf(server)


class Cluster:
    """A directory of router A over what others say: A, B and C in a line, the leaf L at C, D out of reach."""

    def __init__(self):
        self.database = Database("A", "a1", 1, 100)
        self.directory = Directory(self.database, Ways(self.database), Unlisted(Deadlines().add("unlisted")))
        self.leaf = Leaf("10.0.0.9:4042", ("billing", "payroll"))
        self.sequence = 0
        self.say_links("B", "A", "C")
        self.say_links("C", "B", leaf=self.leaf)
        self.say_links("D", "E")
        self.database.publish(LINKS, self.links("B"))

    def links(self, *neighbors, leaf=None):
        told = [NeighborState(name, 1.0) for name in neighbors] + ([NeighborState("L", 1.0, leaf)] if leaf else [])
        return LinksState("10.0.0.1:4042", secure=False, neighbors=tuple(told))

    def say_links(self, server, *neighbors, leaf=None):
        self._say(server, LINKS, self.links(*neighbors, leaf=leaf))

    def say_services(self, *instances):
        """Instances of one service on one server."""
        self._say(instances[0].server, bucket_of(instances[0].service), ServicesState(instances))

    def _say(self, server, part, state):
        self.sequence += 1
        self.database.accept(Record(server, "x1", 1, part, self.sequence, state))


@pytest.fixture
def cluster():
    return Cluster()


OF_LEAF = tuple(
    Instance(server="L", service=service, role=Role.LIVE, state="up", address="10.0.0.9:4042")
    for service in ("billing", "payroll")
)


def servers_with(cluster, service):
    return {one.server for one in cluster.directory.instances(service) if one.state == "up"}


def test_services_of_those_who_can_be_reached_are_found_by_server(cluster):
    in_c, in_b, in_d = (instance(server, "payroll", "PAY") for server in "CBD")
    for one in (in_c, in_b, in_d):
        cluster.say_services(one)
    cluster.database.publish(bucket_of("payroll"), ServicesState((instance("A", "payroll"),)))
    assert cluster.directory.instances("payroll") == (in_b, in_c, OF_LEAF[1])
    assert cluster.directory.instances("billing") == (OF_LEAF[0],)
    assert cluster.directory.all() == (in_b, in_c, *OF_LEAF)
    assert cluster.directory.leaves() == {"L"}
    assert servers_with(cluster, "payroll") == {"B", "C", "L"}
    assert cluster.directory.servers_accepting("PAY") == {"B", "C"}


def test_what_nobody_offers_is_nowhere(cluster):
    assert cluster.directory.instances("lottery") == ()
    assert servers_with(cluster, "lottery") == set()
    assert cluster.directory.servers_accepting("WIN") == set()


@pytest.mark.parametrize(
    ("role", "state", "is_up", "accepts"),
    [
        (Role.LIVE, "up", True, True),
        (Role.STANDBY, "up", True, True),
        (Role.SHADOW, "up", True, False),
        (Role.PROBE, "up", True, False),
        (Role.LIVE, "down", False, False),
        (Role.LIVE, "blocked", False, False),
    ],
)
def test_what_is_down_is_told_and_what_must_not_act_hears_no_broadcast(cluster, role, state, is_up, accepts):
    told = instance("B", "lottery", "WIN", role=role, state=state)
    cluster.say_services(told)
    assert cluster.directory.instances("lottery") == (told,)
    assert servers_with(cluster, "lottery") == ({"B"} if is_up else set())
    assert cluster.directory.servers_accepting("WIN") == ({"B"} if accepts else set())


def test_one_of_several_instances_is_enough(cluster):
    down, beside = instance("B", "lottery", "WIN", state="down"), instance("B", "lottery", "WIN", role=Role.STANDBY)
    cluster.say_services(down, beside)
    assert cluster.directory.instances("lottery") == (down, beside)
    assert cluster.directory.servers_accepting("WIN") == {"B"}


def test_changes_of_services_and_of_ways_are_seen(cluster):
    cluster.say_services(instance("D", "lottery", "WIN"))
    assert servers_with(cluster, "lottery") == set()
    cluster.say_services(instance("C", "lottery", "WIN"))
    assert servers_with(cluster, "lottery") == {"C"}
    cluster.say_links("D", "C")
    cluster.say_links("C", "B", "D")
    assert cluster.directory.servers_accepting("WIN") == {"C", "D"}
    assert cluster.directory.leaves() == set()
    cluster.say_links("B", "A")
    assert cluster.directory.all() == ()


def test_without_a_change_nothing_is_worked_out_anew(cluster):
    cluster.say_services(instance("B", "lottery", "WIN"))
    first = cluster.directory.all()
    cluster.directory.instances("lottery")
    assert cluster.directory.all() is first
    cluster.database.accept(next(record for record in cluster.database.records() if record.server == "B"))
    assert cluster.directory.all() is first
