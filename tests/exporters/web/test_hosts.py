"""Which Host headers are ours: whoever else's name leads to our address is sent away."""

import pytest

from communicator.protocol import HostPort
from exporters.web.hosts import is_host, own_hosts

LOOPBACK = own_hosts(HostPort("127.0.0.1", 9740), ())


@pytest.mark.parametrize(
    ("header", "is_ours"),
    [
        ("", True),
        ("localhost", True),
        ("LOCALHOST:9740", True),
        ("localhost:9740", True),
        ("127.0.0.1:9740", True),
        ("127.8.9.1", True),
        ("[::1]:9740", True),
        ("[::1]", True),
        ("evil.example", False),
        ("evil.example:9740", False),
        ("localhost.evil.example", False),
        ("10.0.0.5:9740", False),
        ("0.0.0.0:9740", False),
        ("::1", False),
        ("localhost:port", False),
        ("127.0.0.1:9740:1", False),
        ("alpha", False),
    ],
)
def test_on_loopback_only_its_names_are_ours(header, is_ours):
    assert LOOPBACK.include(header, "alpha") is is_ours


@pytest.mark.parametrize(
    ("listen", "header", "is_ours"),
    [
        ("10.0.0.5", "10.0.0.5:9740", True),
        ("10.0.0.5", "10.0.0.6:9740", False),
        ("10.0.0.5", "127.0.0.1:9740", False),
        ("10.0.0.5", "alpha:9740", True),
        ("10.0.0.5", "ALPHA", True),
        ("10.0.0.5", "alpha.evil.example", False),
        ("10.0.0.5", "metrics.example", True),
        ("10.0.0.5", "Metrics.Example.:443", True),
        ("fd00::5", "[fd00:0::5]:9740", True),
        ("fd00::5", "[fd00::6]:9740", False),
        ("0.0.0.0", "10.9.8.7:9740", True),
        ("0.0.0.0", "localhost:9740", True),
        ("::", "[fd00::6]:9740", True),
        ("0.0.0.0", "evil.example", False),
        ("0.0.0.0", "10.9.8.7.evil.example", False),
    ],
)
def test_elsewhere_the_address_the_server_and_what_is_allowed_are_ours(listen, header, is_ours):
    assert own_hosts(HostPort(listen, 9740), ["metrics.example"]).include(header, "alpha") is is_ours


def test_a_proxy_may_have_a_name_on_loopback_too():
    assert own_hosts(HostPort("127.0.0.1", 9740), ["metrics.example"]).include("metrics.example")


def test_a_server_that_is_not_known_yet_is_no_empty_name():
    assert not own_hosts(HostPort("10.0.0.5", 1), [""]).include(".", "")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("proxy.example", True),
        ("proxy_1.", True),
        ("10.0.0.5", True),
        ("fd00::5", True),
        ("proxy.example:443", False),
        ("https://proxy.example", False),
        ("*.example", False),
        ("[fd00::5]", False),
        ("proxy.example\n", False),
        ("", False),
    ],
)
def test_a_host_is_a_name_or_an_address_alone(name, is_one):
    assert is_host(name) == is_one
