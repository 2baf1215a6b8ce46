"""Which addresses are of this host."""

import errno
import socket
import struct
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from communicator.daemon import own_addresses
from communicator.daemon.own_addresses import is_own

OWN = [("127.0.0.1", True), ("::1", True), ("127.9.9.9", True), ("192.0.2.77", False), ("fe80::77%lo", False)]


def of_links():
    """Addresses of this machine's links, each with the name of its link."""
    table = Path("/proc/net/if_inet6")
    rows = [row.split() for row in table.read_text().splitlines()] if table.exists() else []
    return [f"{IPv6Address(bytes.fromhex(row[0]))}%{row[5]}" for row in rows if row[0].startswith("fe80")]


@pytest.mark.parametrize(("host", "is_here"), OWN)
def test_which_addresses_are_of_this_host(host, is_here):
    assert is_own(host) is is_here
    assert is_own("::ffff:192.0.2.77") is False


@pytest.mark.skipif(not of_links(), reason="no link has an address of IPv6")
def test_the_address_of_a_link_is_of_this_host():
    assert all(map(is_own, of_links()))


@pytest.mark.parametrize(("host", "is_here"), OWN)
def test_where_the_kernel_may_not_be_asked_a_socket_is_bound(host, is_here, monkeypatch):
    monkeypatch.setattr(own_addresses, "_NETLINK_ROUTE", 255)
    assert is_own(host) is is_here


@pytest.mark.parametrize(
    ("told", "is_here"),
    [
        (OSError(errno.ENETUNREACH, "no route"), False),
        (OSError(errno.EHOSTUNREACH, "no route"), False),
        (struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 0, 0, 255, 2, 254, 2, 0), True),
        (struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 0, 0, 254, 2, 253, 1, 0), False),
    ],
)
def test_what_the_kernel_answers(told, is_here, monkeypatch):
    def answer(*_):
        if isinstance(told, OSError):
            raise told
        return told

    monkeypatch.setattr(own_addresses, "ask_one", answer)
    monkeypatch.setattr(own_addresses, "_can_bind", None)  # calling it would fail
    assert is_own("192.0.2.77") is is_here
