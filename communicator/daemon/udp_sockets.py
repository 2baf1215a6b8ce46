"""Asks the kernel which UDP sockets may have sent from an address, and in which control groups they were made."""

import errno
import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address

from communicator.daemon.tcp_sockets import NETLINK_SOCK_DIAG, SocketAddress, read_dump, write_dump

_ANSWER_BYTES = 64 * 1024
_ANY = (ip_address("0.0.0.0"), ip_address("::"))  # noqa: S104 - what a socket has that is bound to a port alone


def find_groups(sender: SocketAddress) -> set[int]:
    """The control groups of all sockets that can send from an address and port; empty where there is none, any more.

    Args:
        sender: As the datagram has it.

    Raises:
        OSError: The kernel cannot be asked here.
    """
    host = ip_address(sender[0].partition("%")[0])
    wanted = {*_ANY, getattr(host, "ipv4_mapped", None) or host}
    return {group for ip, group in _sockets(sender[1]) if ip in wanted}


def _sockets(port: int) -> Iterator[tuple[object, int]]:
    """Of each socket at a port its address and its control group; a socket of IPv6 may speak IPv4 too."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as kernel:
            kernel.sendto(write_dump(family, socket.IPPROTO_UDP, port), (0, 0))
            is_over = False
            while not is_over:
                answer, (sent_by, _) = kernel.recvfrom(_ANSWER_BYTES, socket.MSG_DONTWAIT)  # it is there already
                if sent_by:
                    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
                found, is_over = read_dump(answer, port)
                yield from found
