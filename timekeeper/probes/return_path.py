"""SHELL: from which of this host's addresses an answer must leave, told by the kernel with the question; it sends nothing.

A socket bound to all addresses answers from the one that the routes prefer: on a host with several, a firewall takes
that for a stranger's packet, and the two ways of an exchange differ. See IP_PKTINFO in ip(7) and RFC 3542, section 6.
"""

import socket
import struct
from collections.abc import Sequence
from typing import TypeAlias

Control: TypeAlias = Sequence[tuple[int, int, bytes]]
"""Control messages as the socket module takes and gives them: level, type, data."""

IP_PKTINFO = 8
"""Not in Python's socket module before 3.14."""

_V4 = struct.Struct("@i4s4s")  # interface, local address, destination
_V6 = struct.Struct("@16sI")  # address, interface
_ANY_INTERFACE = 0
PATH_BYTES = max(socket.CMSG_SPACE(_V4.size), socket.CMSG_SPACE(_V6.size))


def find_return_path(control: Control) -> Control:
    """The control messages to answer with.

    Args:
        control: Those that came with the datagram.

    Returns:
        None or one that names the address as the source; the interface is left to the routes.
    """
    path = []
    for level, kind, data in control:
        if (level, kind, len(data)) == (socket.IPPROTO_IP, IP_PKTINFO, _V4.size):
            _, local, _ = _V4.unpack(data)
            path.append((level, kind, _V4.pack(_ANY_INTERFACE, local, bytes(4))))
        elif (level, kind, len(data)) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _V6.size):
            address, _ = _V6.unpack(data)
            path.append((level, kind, _V6.pack(address, _ANY_INTERFACE)))
    return path


def ask_for_path(family: int) -> tuple[int, int]:
    """The level and the name of the socket option that has the kernel tell each datagram's destination."""
    if family == socket.AF_INET6:
        return socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO
    return socket.IPPROTO_IP, IP_PKTINFO
