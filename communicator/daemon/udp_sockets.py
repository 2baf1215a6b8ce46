"""Asks the kernel which UDP sockets may have sent from an address, and in which control groups they were made."""

import socket
from ipaddress import ip_address

from communicator.daemon.tcp_sockets import SocketAddress, ask_port

_ANY = (ip_address("0.0.0.0"), ip_address("::"))  # noqa: S104 - what a socket has that is bound to a port alone
_FAMILIES = (socket.AF_INET, socket.AF_INET6)  # a socket of IPv6 may speak IPv4 too


def find_groups(sender: SocketAddress) -> set[int]:
    """The control groups of all sockets that can send from an address and port; empty where there is none, any more.

    Args:
        sender: As the datagram has it.

    Raises:
        OSError: The kernel cannot be asked here.
    """
    host, port = ip_address(sender[0].partition("%")[0]), sender[1]
    wanted = {*_ANY, getattr(host, "ipv4_mapped", None) or host}
    return {group for family in _FAMILIES for ip, group in ask_port(family, socket.IPPROTO_UDP, port) if ip in wanted}
