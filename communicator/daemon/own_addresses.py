"""Whether an address is one of this host: the kernel says whether it would deliver here what goes there; it opens no door."""

import errno
import socket
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

from communicator.daemon.netlink import ask_one, family_of, write_question

_NETLINK_ROUTE = 0
"""The protocol of AF_NETLINK that answers questions about routes; the socket module has a name for it on some hosts only."""
_GET_ROUTE, _NEW_ROUTE = 26, 24  # RTM_GETROUTE, RTM_NEWROUTE
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg: family, two lengths, tos, table, protocol, scope, type, flags
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, kind
_TYPE = 7
"""Which of the route's numbers says what becomes of what goes there."""
_LOCAL = 2  # RTN_LOCAL
_DESTINATION = 1  # RTA_DST


def is_own(host: str) -> bool:
    """Whether an address is one of this host.

    To bind a socket to it would not tell: with ``net.ipv4.ip_nonlocal_bind`` any address may be bound, and one of a link
    (``fe80::1%eth0``) takes its number besides.

    Args:
        host: Without a port; perhaps with the name of its link.
    """
    ip = ip_address(host.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_loopback or _ask_kernel(ip)


def _ask_kernel(ip: IPv4Address | IPv6Address) -> bool:
    """Whether the kernel would deliver here what goes to an address; where it cannot be asked, whether it can be bound."""
    asked = _ROUTE.pack(family_of(ip), ip.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    asked += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(ip.packed), _DESTINATION) + ip.packed
    try:
        route = ask_one(_NETLINK_ROUTE, write_question(_GET_ROUTE, asked), _NEW_ROUTE, _ROUTE.size)
    except OSError as error:
        return error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH) and _can_bind(ip)
    return bool(_ROUTE.unpack_from(route)[_TYPE] == _LOCAL)


def _can_bind(ip: IPv4Address | IPv6Address) -> bool:
    with socket.socket(family_of(ip), socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((str(ip), 0))
        except OSError:
            return False
    return True
