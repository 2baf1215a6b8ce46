"""Finds a TCP socket of this machine by its two addresses, and the UDP sockets of one; whose they are follows from that.

The kernel is asked by sock_diag(7); where it may not be asked of TCP, its tables in /proc/net are read.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

from communicator.daemon.netlink import aligned, ask, ask_one, family_of, write_question

NETLINK_SOCK_DIAG = 4
"""The protocol of AF_NETLINK that answers questions about sockets; the socket module has no name for it."""
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_ASKED = struct.Struct("=BBBxI")  # the begin of struct inet_diag_req_v2: family, protocol, extensions, states
_ADDRESSES = struct.Struct("!HH16s16s")  # that of struct inet_diag_sockid: both ports, both addresses
_REST = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)  # its end: any interface, any cookie (INET_DIAG_NOCOOKIE)
_TOLD = struct.Struct(
    "=BBBB36s12sIIIII"
)  # struct inet_diag_msg: family, state, two more, the addresses, their end, …, uid, inode
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, kind
_GROUP = struct.Struct("=Q")
_CGROUP_ID = 21  # INET_DIAG_CGROUP_ID, which is told unasked
_ALL_STATES = 0xFFFFFFFF
_V4_MAPPED = bytes(10) + b"\xff\xff"

_STATE, _UID, _INODE = 3, 7, 9  # columns of a row, see proc_pid_net(5)
_PROC_NET = Path("/proc/net")
_ANY = (ip_address("0.0.0.0"), ip_address("::"))  # noqa: S104 - what a socket has that is bound to a port alone
_FAMILIES = (socket.AF_INET, socket.AF_INET6)  # a socket of IPv6 may speak IPv4 too

SocketAddress = tuple[str, int]
Ip = IPv4Address | IPv6Address


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
    question = write_pair(local, remote)
    return read_pair(ask_one(NETLINK_SOCK_DIAG, question, _BY_FAMILY, _TOLD.size), local, remote)


def write_pair(local: SocketAddress, remote: SocketAddress) -> bytes:
    """What is asked of the kernel for the socket between two addresses of one kind."""
    own, other = ip_address(local[0]), ip_address(remote[0])
    asked = _ASKED.pack(family_of(own), socket.IPPROTO_TCP, 0, _ALL_STATES)
    return write_question(_BY_FAMILY, asked + _ADDRESSES.pack(local[1], remote[1], own.packed, other.packed) + _REST)


def read_pair(told: bytes, local: SocketAddress, remote: SocketAddress) -> TcpSocket | None:
    """What the kernel tells of a socket.

    Args:
        told: What stands in its message.
        local: As asked.
        remote: The same; where no such socket is there, the kernel may tell of one that listens at `local`.

    Returns:
        The socket; None when it is another.
    """
    *pair, found = _read(told)
    return found if pair == [(_plain(host), port) for host, port in (local, remote)] else None


def _read(told: bytes) -> tuple[tuple[Ip, int], tuple[Ip, int], TcpSocket]:
    """Both addresses of a socket, and what is said of it."""
    family, state, _, _, addresses, _, _, _, _, uid, inode = _TOLD.unpack_from(told)
    local_port, remote_port, *packed = _ADDRESSES.unpack(addresses)
    local, remote = (_plain(ip[:4] if family == socket.AF_INET else ip) for ip in packed)
    return (local, local_port), (remote, remote_port), TcpSocket(state, uid, inode, _read_group(told))


def _plain(address: str | bytes) -> Ip:
    """An address in one form, whichever the kernel tells: an IPv6 socket that speaks IPv4 has the mapped one."""
    ip = ip_address(address)
    return getattr(ip, "ipv4_mapped", None) or ip


def _read_group(told: bytes) -> int:
    """The control group among the attributes of a socket; 0 where it is not."""
    at = _TOLD.size
    while at + _ATTRIBUTE.size <= len(told):
        length, kind = _ATTRIBUTE.unpack_from(told, at)
        if kind == _CGROUP_ID and length == _ATTRIBUTE.size + _GROUP.size and at + length <= len(told):
            return int(_GROUP.unpack_from(told, at + _ATTRIBUTE.size)[0])
        at += max(_ATTRIBUTE.size, aligned(length))
    return 0


def find_groups(sender: SocketAddress) -> set[int]:
    """The control groups of all UDP sockets that can send from an address and port; empty: no such socket is open.

    Args:
        sender: As the datagram has it.

    Raises:
        OSError: The kernel cannot be asked here.
    """
    wanted, port = {*_ANY, _plain(sender[0].partition("%")[0])}, sender[1]
    told = (ask(NETLINK_SOCK_DIAG, write_port(family, port), _BY_FAMILY, _TOLD.size) for family in _FAMILIES)
    return {group for messages in told for ip, group in read_port(messages, port) if ip in wanted}


def write_port(family: int, port: int) -> bytes:
    """What is asked of the kernel for all UDP sockets at a local port."""
    asked = _ASKED.pack(family, socket.IPPROTO_UDP, 0, _ALL_STATES) + _ADDRESSES.pack(port, 0, b"", b"") + _REST
    return write_question(_BY_FAMILY, asked, is_dump=True)


def read_port(messages: Iterable[bytes], port: int) -> Iterator[tuple[Ip, int]]:
    """Address and control group of each socket that the kernel tells of at a port; the kernel may tell of others too."""
    for told in messages:
        (ip, at), _, found = _read(told)
        if at == port:
            yield ip, found.group


def find_in_tables(local: SocketAddress, remote: SocketAddress, tables: Path = _PROC_NET) -> TcpSocket | None:
    """The same, by the tables of /proc/net, which are read from their begin.

    Args:
        local: Address and port of this end.
        remote: Of the other end.
        tables: Directory of ``tcp`` and ``tcp6``.
    """
    for table, mapped in (("tcp", b""), ("tcp6", _V4_MAPPED)):
        row = _find_row(tables / table, b" %b %b " % (_hex(local, mapped), _hex(remote, mapped)))
        if row is not None:
            return TcpSocket(int(row[_STATE], 16), int(row[_UID]), int(row[_INODE]))
    return None


def _find_row(table: Path, wanted: bytes) -> list[bytes] | None:
    try:
        with table.open("rb") as rows:
            return next((row.split() for row in rows if wanted in row), None)
    except OSError:
        return None  # a kernel without IPv6 has no tcp6


def _hex(address: SocketAddress, mapped: bytes) -> bytes:
    """As the kernel prints it: words of 32 bits in the byte order of the machine.

    Args:
        address: It.
        mapped: What stands before one of IPv4.
    """
    ip = ip_address(address[0])
    packed = mapped + ip.packed if isinstance(ip, IPv4Address) else ip.packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return b"%b:%04X" % (b"".join(b"%08X" % word for word in words), address[1])
