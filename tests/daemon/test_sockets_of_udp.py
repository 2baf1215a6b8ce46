"""Which control groups may have sent from an address: all sockets of a port are asked for."""

import socket

import pytest

from communicator.daemon.control_groups import ControlGroups, find_root, group_of
from communicator.daemon.peers import UNTOLD, Processes
from communicator.daemon.sockets import find_groups

FAMILIES = [
    (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
    (socket.AF_INET, "", "127.0.0.1"),
    (socket.AF_INET6, "::1", "::1"),
]


def _can_tell():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return find_root() is not None and any(find_groups(one.getsockname()))


pytestmark = pytest.mark.skipif(
    not _can_tell(), reason="the kernel does not tell in which control group a socket was made"
)


@pytest.mark.parametrize(("family", "bound", "sender"), FAMILIES)
def test_a_socket_is_found_by_its_address_or_as_one_of_a_port_alone(family, bound, sender):
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.bind((bound, 0))
        [number] = find_groups((sender, one.getsockname()[1]))
    assert ControlGroups(find_root()).path_of(number) == group_of("self")


def test_a_socket_of_ipv6_that_speaks_ipv4_is_found():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.bind(("::", 0))
        assert len(find_groups(("127.0.0.1", one.getsockname()[1]))) == 1


def test_a_socket_at_another_address_or_that_is_gone_is_not(own_address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((own_address, 0))
        address = one.getsockname()
        assert find_groups(("127.63.0.1", address[1])) == set()
    assert find_groups(address) == set()


def test_a_sender_is_told_where_it_is_of_this_host_and_alone(own_address):
    processes = Processes()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((own_address, 0))
        address = one.getsockname()
        assert processes.of_datagram(address).unit == group_of("self")
    assert processes.of_datagram(address) == UNTOLD
    assert processes.of_datagram(("192.0.2.1", 9)) is None
