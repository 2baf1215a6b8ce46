"""Addresses as text, IPv6 as well as IPv4, and how each of them is printed again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import AddressError
from communicator.protocol.addresses import (
    HostPort,
    RouterAddress,
    Scheme,
    parse_host_port,
    parse_router_address,
    plain_ip,
)

HOST_PORTS = {
    "127.0.0.1:4040": HostPort("127.0.0.1", 4040),
    "localhost:0": HostPort("localhost", 0),
    "alpha.example.net:65535": HostPort("alpha.example.net", 65535),
    "[::1]:4040": HostPort("::1", 4040),
    "[2001:db8::1]:80": HostPort("2001:db8::1", 80),
    "[fe80::1%eth0]:4042": HostPort("fe80::1%eth0", 4042),
    "alpha:00080": HostPort("alpha", 80),
}
WITH_DEFAULT = {
    "127.0.0.1": HostPort("127.0.0.1", 4042),
    "alpha": HostPort("alpha", 4042),
    "[::1]": HostPort("::1", 4042),
    "alpha:1": HostPort("alpha", 1),
}
NO_HOST_PORT = [
    "", ":", ":4040", "alpha", "alpha:", "alpha:x", "alpha:-1", "alpha:+1", "alpha: 1", "alpha:65536", "alpha:00000099999",
    "alpha:٣", "alpha:²", "::1", "::1:4040", "1::4040", "[::1", "[::1]", "[::1]:", "[::1]4040", "[]:1", "[alpha]:1",
    "[127.0.0.1]:1", "[::g]:1", "al pha:1", "al/pha:1", "alpha\0:1", "alpha\n:1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HOST_PORTS.items())
def test_host_port(text, expected):
    assert parse_host_port(text) == expected
    assert parse_host_port(str(expected)) == expected


@pytest.mark.parametrize(("text", "expected"), WITH_DEFAULT.items())
def test_host_port_with_a_default(text, expected):
    assert parse_host_port(text, 4042) == expected


@pytest.mark.parametrize("text", NO_HOST_PORT)
def test_no_host_port(text):
    with pytest.raises(AddressError) as raised:
        parse_host_port(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize("text", ["", ":", "alpha:", "[::1]:", "::1", "alpha:x"])
def test_a_default_port_does_not_excuse(text):
    with pytest.raises(AddressError):
        parse_host_port(text, 4042)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("127.alpha", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # the address that stands for all of this host's
        ("::", False),
        ("localhost.example.net", False),
        ("alpha", False),
    ],
)
def test_is_loopback(host, expected):
    assert HostPort(host, 1).is_loopback is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("0.0.0.0", True),
        ("::", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("::1", False),
        ("alpha", False),
        ("", False),
    ],
)
def test_is_unspecified(host, expected):
    assert HostPort(host, 1).is_unspecified is expected


ROUTERS = {
    "cd://10.0.0.5": RouterAddress(Scheme.PLAIN, HostPort("10.0.0.5", 4040)),
    "cd://10.0.0.5/": RouterAddress(Scheme.PLAIN, HostPort("10.0.0.5", 4040)),
    "cd://10.0.0.5:1": RouterAddress(Scheme.PLAIN, HostPort("10.0.0.5", 1)),
    "cds://alpha": RouterAddress(Scheme.TLS, HostPort("alpha", 4043)),
    "cdu://alpha": RouterAddress(Scheme.DATAGRAM, HostPort("alpha", 4041)),
    "cd://[::1]": RouterAddress(Scheme.PLAIN, HostPort("::1", 4040)),
    "cds://[::1]:9": RouterAddress(Scheme.TLS, HostPort("::1", 9)),
    "cd:///run/a.sock": RouterAddress(Scheme.PLAIN, path="/run/a.sock"),
    "cd:///run/a%20b.sock": RouterAddress(Scheme.PLAIN, path="/run/a b.sock"),
    "cd:///run/100%25": RouterAddress(Scheme.PLAIN, path="/run/100%"),
}
NO_ROUTERS = [
    "", "alpha", "alpha:4040", "/run/a.sock", "http://alpha", "CD://alpha", "cd:alpha", "cd://", "cd:///", "cd://:4040",
    "cd://alpha/x", "cds:///run/a.sock", "cdu:///run/a.sock", "cd:///run/%00", "cd://::1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ROUTERS.items())
def test_router_address(text, expected):
    assert parse_router_address(text) == expected
    assert parse_router_address(str(expected)) == expected


@pytest.mark.parametrize("text", NO_ROUTERS)
def test_no_router_address(text):
    with pytest.raises(AddressError) as raised:
        parse_router_address(text)
    assert repr(text) in str(raised.value) or repr(text.partition("://")[2]) in str(raised.value)


@given(st.text(alphabet="/ab%25 é[]:0", max_size=10), st.sampled_from(["", "cd://", "cd:///", "cds://["]))
def test_any_text_is_an_address_that_reads_back_or_an_error(text, scheme):
    for parse in (parse_router_address, parse_host_port):
        try:
            address = parse(scheme + text)
        except AddressError:
            continue
        assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("ip", "plain"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::FFFF:a00:1", "10.0.0.1"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("::10.0.0.1", "::a00:1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("alpha", "alpha"),
        ("", ""),
    ],
)
def test_a_host_has_one_spelling(ip, plain):
    assert plain_ip(ip) == plain == plain_ip(plain)
