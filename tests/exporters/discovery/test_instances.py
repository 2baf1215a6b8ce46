"""Where each instance is scraped."""

import pytest

from communicator.answers.services import Instance
from communicator.protocol import HostPort
from exporters.discovery.instances import Own, announces_port, places

LOOPBACK = Own("alpha", "exporter", HostPort("127.0.0.1", 9740))
OPEN = Own("alpha", "exporter", HostPort("10.0.0.5", 9740))
EVERYWHERE = Own("alpha", "exporter", HostPort("0.0.0.0", 9740))


@pytest.mark.parametrize(
    ("instance", "own", "target"),
    [
        # of another host: its cluster address, and the port it told
        (Instance("billing", "beta", address="10.0.0.6:4042", metrics_port=9404), LOOPBACK, "10.0.0.6:9404"),
        (Instance("billing", "beta", address="[fd00::6]:4042", metrics_port=9404), OPEN, "[fd00::6]:9404"),
        (Instance("billing", "beta", address="beta.example:4042", metrics_port=9404), OPEN, "beta.example:9404"),
        (Instance("exporter", "beta", address="10.0.0.6:4042", metrics_port=9740), LOOPBACK, "10.0.0.6:9740"),
        # its exporter listens on loopback only: nobody here can scrape it
        (Instance("exporter", "beta", address="10.0.0.6:4042"), LOOPBACK, "None"),
        (Instance("billing", "beta", metrics_port=9404), OPEN, "None"),
        (Instance("billing", "beta", address="0.0.0.0:4042", metrics_port=9404), OPEN, "None"),
        (Instance("billing", "beta", address="nonsense:x", metrics_port=9404), OPEN, "None"),
        # of this host
        (Instance("billing", "alpha", address="10.0.0.5:4042", metrics_port=9404), LOOPBACK, "10.0.0.5:9404"),
        (Instance("billing", "alpha", metrics_port=9404), LOOPBACK, "127.0.0.1:9404"),
        (Instance("billing", "alpha", metrics_port=9404), OPEN, "10.0.0.5:9404"),
        (Instance("billing", "alpha", metrics_port=9404), EVERYWHERE, "127.0.0.1:9404"),
        (Instance("billing", "alpha", address="10.0.0.5:4042"), LOOPBACK, "None"),
        # ourselves
        (Instance("exporter", "alpha", address="10.0.0.5:4042"), LOOPBACK, "127.0.0.1:9740"),
        (Instance("exporter", "alpha"), Own("alpha", "exporter", HostPort("::1", 1)), "[::1]:1"),
        (Instance("exporter", "alpha", address="10.0.0.5:4042", metrics_port=9740), OPEN, "10.0.0.5:9740"),
        (Instance("exporter", "alpha", address="10.0.0.5:4042", state="down"), LOOPBACK, "None"),
    ],
)
def test_an_instance_is_scraped_where_it_can_be_reached(instance, own, target):
    (place,) = places([instance], own)
    assert str(place.target) == target


def test_what_is_known_of_an_instance_is_kept_and_the_order_is_one():
    instances = [
        Instance("b", "alpha", "1.0", "x", "live", "blocked", metrics_port=1),
        Instance("a", "beta", role="standby"),
        Instance("a", "alpha"),
    ]
    found = places(instances, OPEN)
    assert [(place.service, place.server, place.role) for place in found] == [
        ("a", "alpha", "live"),
        ("a", "beta", "standby"),
        ("b", "alpha", "live"),
    ]
    assert (found[2].version, found[2].build, found[2].state) == ("1.0", "x", "blocked")
    assert places(instances[::-1], OPEN) == found


@pytest.mark.parametrize(
    ("host", "announced"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("127.0.0.2", True),
        ("10.0.0.5", True),
        ("0.0.0.0", True),
        ("::", True),
    ],
)
def test_a_port_that_nobody_else_can_reach_is_not_told(host, announced):
    assert announces_port(HostPort(host, 9740)) is announced
