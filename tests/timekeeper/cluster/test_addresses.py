"""A host is probed at an address of its own only: by what the router knows of it, and as far as that knows it."""

import json

import pytest

from communicator.protocol import HostPort
from timekeeper.cluster.addresses import AGAIN_S, KnownAddresses

OWN = HostPort("10.0.0.1", 4044)


def graph(**addresses):
    return json.dumps({"server": "alpha", "nodes": [{"server": host, "address": at} for host, at in addresses.items()]})


def knowing(**addresses):
    known = KnownAddresses()
    known.learn(graph(**addresses), 0.0)
    return known


def told(**addresses):
    return {host: HostPort(at, 4044) for host, at in addresses.items()}


@pytest.mark.parametrize(
    ("router", "probes", "is_accepted"),
    [
        ("10.0.0.2:4042", "10.0.0.2", True),
        ("10.0.0.2:4042", "10.0.0.3", False),
        ("10.0.0.2:4042", "192.0.2.1", False),
        ("10.0.0.2:4042", "127.0.0.1", False),
        ("127.0.0.1:4042", "10.0.0.2", False),  # a router that only dials others: nobody knows where it is
        ("[::1]:4042", "10.0.0.2", False),
        ("127.0.0.1:4042", "127.0.0.1", False),  # of any machine
        ("10.0.0.2:4042", "fd00::2", False),
        ("[fd00::2]:4042", "fd00:0::2", True),
        ("[fd00::2]:4042", "fd00::3", False),
        ("10.0.0.2:4042", "::ffff:10.0.0.2", True),
        ("0.0.0.0:4042", "10.0.0.2", False),
        ("", "10.0.0.2", False),
        ("nonsense", "10.0.0.2", False),
    ],
)
def test_whether_it_is_an_address_of_that_host(router, probes, is_accepted):
    known = knowing(beta=router)
    assert known.accept(told(beta=probes), OWN) == (told(beta=probes) if is_accepted else {})
    assert bool(known.news(told(beta=probes), OWN)) is not is_accepted


@pytest.mark.parametrize("router", ["127.0.0.1:4042", "", None])
@pytest.mark.parametrize(
    ("probes", "own", "is_accepted"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.3", "::1", True),
        ("127.0.0.1", "10.0.0.1", False),
        ("192.0.2.1", "127.0.0.1", False),
        ("127.0.0.1", None, False),
    ],
)
def test_on_one_machine_hosts_of_unknown_address_probe_each_other(router, probes, own, is_accepted):
    known = knowing(beta=router) if router is not None else KnownAddresses()
    own = own and HostPort(own, 4044)
    assert known.accept(told(beta=probes), own) == (told(beta=probes) if is_accepted else {})


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"nodes":7}', '{"nodes":[{}]}', '{"nodes":' + "[" * 20_000])
def test_an_answer_that_is_none_leaves_what_was_known(text):
    known = knowing(beta="10.0.0.2:4042")
    known.learn(text, 1.0)
    assert known.accept(told(beta="192.0.2.1"), OWN) == {}


def test_the_router_is_asked_when_something_does_not_fit_and_not_too_often():
    known = KnownAddresses()
    assert not known.is_due({}, 0.0)
    assert known.is_due(told(beta="10.0.0.2"), 0.0)
    known.learn(graph(beta="10.0.0.2:4042"), 0.0)
    assert not known.is_due(told(beta="10.0.0.2"), 3600.0)
    for other in (told(beta="10.0.0.3"), told(beta="10.0.0.2", gamma="10.0.0.4")):
        assert not known.is_due(other, AGAIN_S - 0.1)
        assert known.is_due(other, AGAIN_S)


def test_why_is_told_once():
    known = knowing(beta="10.0.0.2:4042")
    [(host, reason)] = known.news(told(beta="192.0.2.1"), OWN).items()
    assert host == "beta"
    assert reason.startswith("it is none of that host, whose router is at 10.0.0.2:4042")
    assert known.news(told(beta="192.0.2.1"), OWN) == {}
    assert known.news(told(beta="192.0.2.9"), OWN).keys() == {"beta"}
    assert known.news(told(beta="10.0.0.2"), OWN) == {}
    assert known.news(told(beta="192.0.2.9"), OWN).keys() == {"beta"}


def test_who_probes_nobody_refuses_nobody():
    """As before its own door is open."""
    known = KnownAddresses()
    assert known.news(told(beta="127.0.0.1"), None) == {}
    assert known.news(told(beta="127.0.0.1"), HostPort("127.0.0.1", 4044)) == {}
    assert known.news(told(beta="127.0.0.1"), OWN).keys() == {"beta"}


@pytest.mark.parametrize(
    ("router", "probes", "reason"),
    [
        (
            "[fd00::2]:4042",
            "10.0.0.2",
            "it is IPv4, but the router there is at [fd00::2]:4042: probe_listen there has to be IPv6",
        ),
        (
            "10.0.0.2:4042",
            "fd00::2",
            "it is IPv6, but the router there is at 10.0.0.2:4042: probe_listen there has to be IPv4",
        ),
        ("127.0.0.1:4042", "10.0.0.2", "nobody knows where that host is: cluster.my_address"),
    ],
)
def test_why(router, probes, reason):
    [told_] = knowing(beta=router).news(told(beta=probes), OWN).values()
    assert told_.startswith(reason)
    assert told_.endswith("it is measured through the routers until then")
