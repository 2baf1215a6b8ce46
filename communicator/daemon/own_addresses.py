"""Whether an address is one of this host: the kernel says whether it would deliver here what goes there; it opens no door."""

import errno
import os
import socket
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

_NETLINK_ROUTE = 0
"""The protocol of AF_NETLINK that answers questions about routes; the socket module has a name for it on some hosts only."""
_GET_ROUTE, _NEW_ROUTE, _ERROR, _F_REQUEST = 26, 24, 2, 1  # RTM_GETROUTE, RTM_NEWROUTE, NLMSG_ERROR, NLM_F_REQUEST
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, number, port
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg: family, two lengths, tos, table, protocol, scope, type, flags
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, kind
_FAULT = struct.Struct("=i")
_TYPE = 7
"""Which of the route's numbers says what becomes of what goes there."""
_LOCAL = 2  # RTN_LOCAL
_DESTINATION = 1  # RTA_DST
_ANSWER_BYTES = 4096


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
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_ROUTE) as kernel:
            kernel.sendto(write_question(ip), (0, 0))
            answer, (sent_by, _) = kernel.recvfrom(_ANSWER_BYTES, socket.MSG_DONTWAIT)  # it is there already
        return not sent_by and read_answer(answer)
    except OSError:
        return _can_bind(ip)


def _can_bind(ip: IPv4Address | IPv6Address) -> bool:
    with socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as trial:  # noqa: PLR2004 - IPv4
        try:
            trial.bind((str(ip), 0))
        except OSError:
            return False
    return True


def write_question(ip: IPv4Address | IPv6Address) -> bytes:
    """What is asked of the kernel: the route to an address."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    asked = _ROUTE.pack(family, ip.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    asked += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(ip.packed), _DESTINATION) + ip.packed
    return _HEADER.pack(_HEADER.size + len(asked), _GET_ROUTE, _F_REQUEST, 1, 0) + asked


def read_answer(answer: bytes) -> bool:
    """Whether the route that the kernel tells of ends here; where there is none it does not.

    Raises:
        OSError: It may not tell, or the answer is none.
    """
    if len(answer) >= _HEADER.size + _FAULT.size and _HEADER.unpack_from(answer)[1] == _ERROR:
        number = -_FAULT.unpack_from(answer, _HEADER.size)[0]
        if number in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return False
        raise OSError(number, os.strerror(number))
    if len(answer) < _HEADER.size + _ROUTE.size or _HEADER.unpack_from(answer)[1] != _NEW_ROUTE:
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
    return bool(_ROUTE.unpack_from(answer, _HEADER.size)[_TYPE] == _LOCAL)
