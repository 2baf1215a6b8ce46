import ipaddress

import pytest

from communicator.protocol import decode
from communicator.router.delivery.flooding import flood_parameters
from communicator.router.vocabulary.envelope import Spread
from communicator.router.vocabulary.events import Instant
from simulation.cluster import Cluster, address_of, chain

PARAMETERS = {
    "broadcast_msgid",
    "broadcast_hops",
    "broadcast_originator",
    "broadcast_timeout",
    "broadcast_informed_neighbors",
    "secure_remote",
}


@pytest.fixture
def flooded():
    """A - b - l, where l is a leaf; what l gets of a broadcast."""

    def flood(line, host="a"):
        cluster = Cluster([*chain("ab"), ("b", "l")], leaves="l")
        voice = cluster.service(host, "svc", "NOTE")
        cluster.service("l", "leafy", "NOTE")
        cluster.say(voice, line)
        [told] = [text for _, other, text in cluster.passed("NOTE") if other == "l" and "LINK_STATE" not in text]
        return cluster, decode(told.encode())

    return flood


@pytest.mark.parametrize(
    "line", ["*/NOTE x=1", "?/NOTE x=1", "*/NOTE x=1;trace=t", "*/NOTE x=1;ack=required", '*/NOTE x="a;b"']
)
@pytest.mark.parametrize("host", ["a", "b"])
def test_a_leaf_gets_all_its_parameters_well_formed_and_none_of_ours(flooded, line, host):
    cluster, told = flooded(line, host)
    said = decode(line.encode())
    assert set(told.parameters) == PARAMETERS | set(said.parameters)
    assert {name: told.get(name) for name in said.parameters} == said.parameters
    assert told.sender == f"{host}:svc"
    assert int(told.get("broadcast_hops")) == (2 if host == "a" else 1)
    assert ipaddress.ip_address(told.get("broadcast_originator"))
    assert told.get("secure_remote") == "false"
    assert 0 <= int(told.get("broadcast_timeout")) - 1_795_500_000 - cluster.now_s <= 11


def test_all_we_know_are_told_as_informed(flooded):
    _, told = flooded("*/NOTE x=1")
    informed = told.get("broadcast_informed_neighbors").split(",")
    assert sorted(informed) == sorted(address_of(name).partition(":")[0] for name in "abl")
    assert all(ipaddress.ip_address(text) for text in informed)


def test_an_ipv6_address_is_written_as_the_ancestor_takes_it():
    cluster = Cluster(chain("ab"))
    host = cluster.hosts["b"]
    host.crash(silently=False)
    host.changes = {"my_address": "[fd00::7]:4042"}
    host.start()
    told = flood_parameters(cluster["b"]._board.config, Spread(identity="b-0-1"), ("fd00::7", ""), Instant(0.0, 0))
    assert told["broadcast_originator"] == "[fd00::7]"
    assert told["broadcast_informed_neighbors"] == "fd00::7"
