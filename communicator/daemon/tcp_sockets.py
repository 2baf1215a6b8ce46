"""Finds one TCP socket of this machine by its two addresses, by sock_diag(7) or in /proc/net; whose it is follows from that."""

import errno
import os
import socket
import struct
from collections.abc import Callable
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

NETLINK_SOCK_DIAG = 4
"""The protocol of AF_NETLINK that answers questions about sockets; the socket module has no name for it."""
_BY_FAMILY, _ERROR, _F_REQUEST = 20, 2, 1  # SOCK_DIAG_BY_FAMILY, NLMSG_ERROR, NLM_F_REQUEST
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, number, port
_ASKED = struct.Struct("=BBBxI")  # the begin of struct inet_diag_req_v2: family, protocol, extensions, states
_ADDRESSES = struct.Struct("!HH16s16s")  # that of struct inet_diag_sockid: both ports, both addresses
_REST = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)  # its end: any interface, any cookie (INET_DIAG_NOCOOKIE)
_TOLD = struct.Struct(
    "=BBBB36s12sIIIII"
)  # struct inet_diag_msg: family, state, two more, the addresses, their end, …, uid, inode
_FAULT = struct.Struct("=i")
_ALL_STATES = 0xFFFFFFFF
_ANSWER_BYTES = 4096
_V4_MAPPED = bytes(10) + b"\xff\xff"

_LOCAL, _REMOTE, _STATE, _UID, _INODE = 1, 2, 3, 7, 9  # columns of a row, see proc_pid_net(5)
_PROC_NET = Path("/proc/net")

SocketAddress = tuple[str, int]


class TcpSocket(NamedTuple):
    """What the kernel says of a socket."""

    state: int
    """As the kernel numbers them: 1 is ESTABLISHED."""
    uid: int
    """Its owner; 0 too when its owner has closed it."""
    inode: int
    """0 when no file stands for it any more."""


Find = Callable[[SocketAddress, SocketAddress], TcpSocket | None]


def find_socket(local: SocketAddress, remote: SocketAddress) -> TcpSocket | None:
    """The socket between two addresses; None when there is none.

    The kernel looks it up by its hash in some 20 us, however many there are. Where it may not be asked, or cannot tell, its
    tables are read row by row: 6 ms for a thousand links.

    Args:
        local: Address and port of this end.
        remote: Of the other end.
    """
    try:
        return ask_kernel(local, remote)
    except FileNotFoundError:
        if _kernel_can_tell():
            return None  # whoever connected has reset the link: that must not cost more than to stay
    except OSError:
        pass
    return find_in_tables(local, remote)


@cache
def _kernel_can_tell() -> bool:
    """Whether it knows a socket that is there for sure; without its module for that it says of each that it does not."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as door:
            ask_kernel(door.getsockname(), ("127.0.0.1", 1))
    except OSError:
        return False
    return True


def ask_kernel(local: SocketAddress, remote: SocketAddress) -> TcpSocket | None:
    """The same, by sock_diag(7) alone.

    Raises:
        OSError: It cannot be asked here, or does not know it (ENOENT).
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as kernel:
        kernel.sendto(write_question(local, remote), (0, 0))
        answer, (port, _) = kernel.recvfrom(_ANSWER_BYTES, socket.MSG_DONTWAIT)  # it is there already
    if port:
        raise PermissionError(errno.EPERM, "the answer is none of the kernel")
    return read_answer(answer, local, remote)


def write_question(local: SocketAddress, remote: SocketAddress) -> bytes:
    """What is asked of the kernel for the socket between two addresses of one kind."""
    family = socket.AF_INET if ip_address(local[0]).version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    asked = _ASKED.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES)
    asked += _ADDRESSES.pack(local[1], remote[1], _packed(local[0]), _packed(remote[0])) + _REST
    return _HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _F_REQUEST, 1, 0) + asked


def read_answer(answer: bytes, local: SocketAddress, remote: SocketAddress) -> TcpSocket | None:
    """What the kernel answers.

    Args:
        answer: Its datagram.
        local: As asked.
        remote: The same; where no such socket is there, the kernel may tell of one that listens at `local`.

    Returns:
        The socket; None when it is another.

    Raises:
        OSError: It does not know one, may not tell, or the answer is none.
    """
    if len(answer) >= _HEADER.size + _FAULT.size and _HEADER.unpack_from(answer)[1] == _ERROR:
        number = -_FAULT.unpack_from(answer, _HEADER.size)[0]
        raise OSError(number, os.strerror(number))
    if len(answer) < _HEADER.size + _TOLD.size or _HEADER.unpack_from(answer)[1] != _BY_FAMILY:
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
    _, state, _, _, addresses, _, _, _, _, uid, inode = _TOLD.unpack_from(answer, _HEADER.size)
    local_port, remote_port, local_ip, remote_ip = _ADDRESSES.unpack(addresses)
    told = (local_port, remote_port, _plain(local_ip), _plain(remote_ip))
    wanted = (local[1], remote[1], _plain(_packed(local[0])), _plain(_packed(remote[0])))
    return TcpSocket(state, uid, inode) if told == wanted else None


def find_in_tables(local: SocketAddress, remote: SocketAddress, tables: Path = _PROC_NET) -> TcpSocket | None:
    """The same, by the tables of /proc/net, which are read from their begin.

    Args:
        local: Address and port of this end.
        remote: Of the other end.
        tables: Directory of ``tcp`` and ``tcp6``.
    """
    local_ip, remote_ip = ip_address(local[0]), ip_address(remote[0])
    for name, as_v6 in (("tcp", False), ("tcp6", True)):
        if local_ip.version == 6 and not as_v6:  # noqa: PLR2004 - IPv6
            continue
        row = _find_row(tables / name, *map(partial(_hex, as_v6=as_v6), (local_ip, remote_ip), (local[1], remote[1])))
        if row is not None:
            return TcpSocket(int(row[_STATE], 16), int(row[_UID]), int(row[_INODE]))
    return None


def _packed(address: str) -> bytes:
    return ip_address(address).packed.ljust(16, b"\0")


def _plain(packed: bytes) -> bytes:
    """An address in one form, whichever the kernel tells: an IPv6 socket that speaks IPv4 has the mapped one."""
    return packed[12:].ljust(16, b"\0") if packed.startswith(_V4_MAPPED) else packed


def _find_row(table: Path, local: bytes, remote: bytes) -> list[bytes] | None:
    wanted = b" %b %b " % (local, remote)
    try:
        with table.open("rb") as rows:
            return next((row.split() for row in rows if wanted in row), None)
    except OSError:
        return None  # a kernel without IPv6 has no tcp6


def _hex(address: IPv4Address | IPv6Address, port: int, *, as_v6: bool) -> bytes:
    """As the kernel prints it: words of 32 bits in the byte order of the machine."""
    packed = address.packed
    if as_v6 and isinstance(address, IPv4Address):
        packed = _V4_MAPPED + packed  # an IPv6 socket that speaks IPv4
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return b"%b:%04X" % (b"".join(b"%08X" % word for word in words), port)
