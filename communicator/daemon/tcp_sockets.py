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
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, kind
_GROUP = struct.Struct("=Q")
_CGROUP_ID = 21  # INET_DIAG_CGROUP_ID, which is told unasked
_F_DUMP, _DONE = 0x300, 3  # NLM_F_ROOT | NLM_F_MATCH, NLMSG_DONE
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
    group: int = 0
    """The number of the control group in which it was made; 0: the kernel does not tell (before Linux 5.8)."""


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
    group = _read_group(answer, _HEADER.size + _TOLD.size, _HEADER.unpack_from(answer)[0])
    return TcpSocket(state, uid, inode, group) if told == wanted else None


def _read_group(answer: bytes, at: int, end: int) -> int:
    """The control group among the attributes of a socket; 0 where it is not."""
    while at + _ATTRIBUTE.size <= min(end, len(answer)):
        length, kind = _ATTRIBUTE.unpack_from(answer, at)
        if kind == _CGROUP_ID and length == _ATTRIBUTE.size + _GROUP.size and at + length <= len(answer):
            return int(_GROUP.unpack_from(answer, at + _ATTRIBUTE.size)[0])
        at += max(_ATTRIBUTE.size, (length + 3) & ~3)  # each begins at a multiple of four
    return 0


def write_dump(family: int, protocol: int, port: int) -> bytes:
    """What is asked of the kernel for all sockets of a kind at a local port."""
    asked = _ASKED.pack(family, protocol, 0, _ALL_STATES) + _ADDRESSES.pack(port, 0, b"", b"") + _REST
    return _HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _F_REQUEST | _F_DUMP, 1, 0) + asked


def read_dump(answer: bytes, port: int) -> tuple[list[tuple[IPv4Address | IPv6Address, int]], bool]:
    """A part of what the kernel answers.

    Args:
        answer: Its datagram.
        port: As asked.

    Returns:
        Address and control group of each socket, and whether that was the last part.

    Raises:
        OSError: It may not tell, or the answer is none.
    """
    found: list[tuple[IPv4Address | IPv6Address, int]] = []
    at = 0
    while at + _HEADER.size <= len(answer):
        length, kind = _HEADER.unpack_from(answer, at)[:2]
        if kind == _DONE:
            return found, True
        if kind == _ERROR:
            number = -_FAULT.unpack_from(answer, at + _HEADER.size)[0]
            raise OSError(number, os.strerror(number))
        if kind != _BY_FAMILY or length < _HEADER.size + _TOLD.size or at + length > len(answer):
            break
        family, _, _, _, addresses = _TOLD.unpack_from(answer, at + _HEADER.size)[:5]
        local_port, _, packed, _ = _ADDRESSES.unpack(addresses)
        if local_port == port:
            ip = ip_address(packed[:4] if family == socket.AF_INET else packed)
            mapped = getattr(ip, "ipv4_mapped", None)
            group = _read_group(answer, at + _HEADER.size + _TOLD.size, at + length)
            found.append((mapped or ip, group))
        at += (length + 3) & ~3
    if at < len(answer) or not answer:
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
    return found, False


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
