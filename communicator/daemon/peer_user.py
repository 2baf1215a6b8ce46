"""Finds the user at the other end of a local link, from the kernel alone; what a user may do is not known here."""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from communicator.router.vocabulary.events import User

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_LOCAL, _REMOTE, _STATE, _UID, _INODE = 1, 2, 3, 7, 9  # columns of a row, see proc_pid_net(5)
_CONNECTED_STATES = frozenset((b"01", b"04", b"05", b"08"))  # ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT
_PROC_NET = Path("/proc/net")
_USERS_KEPT = 1024
"""Users whose name and groups are remembered: where they come from a directory service, each look-up may take seconds."""

SocketAddress = tuple[str, int]


def unix_user(link: socket.socket) -> User:
    """The user who connected to a Unix socket (SO_PEERCRED)."""
    pid, uid, gid = _CREDENTIALS.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return user_of(uid, gid, pid or None)  # 0: a process outside our namespace


def tcp_user(peer: SocketAddress, own: SocketAddress, tables: Path = _PROC_NET) -> User | None:
    """The user who owns the other end of a loopback TCP link.

    Args:
        peer: Address and port of the other end.
        own: Ours.
        tables: Directory of ``tcp`` and ``tcp6``.

    Returns:
        The user; None when the row is not there or proves nothing. A socket its owner has closed lives on with uid 0 and
        inode 0, so a row without an inode is nobody's; nor is one that is not connected, such as a new socket that reuses
        the port.
    """
    peer_ip, own_ip = ip_address(peer[0]), ip_address(own[0])
    for name, as_v6 in (("tcp", False), ("tcp6", True)):
        if peer_ip.version == 6 and not as_v6:  # noqa: PLR2004 - IPv6
            continue
        row = _find_row(tables / name, _hex(peer_ip, peer[1], as_v6=as_v6), _hex(own_ip, own[1], as_v6=as_v6))
        if row is not None:
            connected = row[_STATE] in _CONNECTED_STATES and row[_INODE] != b"0"
            return user_of(int(row[_UID])) if connected else None
    return None


def user_of(uid: int, gid: int | None = None, pid: int | None = None) -> User:
    """Name and groups of a user number, as the system's databases knew them when they were last asked.

    Args:
        uid: The user.
        gid: The group the process runs as, where known.
        pid: The process, where known.
    """
    name, groups = _look_up(uid, gid)
    return User(uid, name, groups, pid)


def forget_users() -> None:
    """Ask the databases of the system anew: somebody may have changed a group."""
    _look_up.cache_clear()


@lru_cache(maxsize=_USERS_KEPT)
def _look_up(uid: int, gid: int | None) -> tuple[str, frozenset[str]]:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return str(uid), _group_names([] if gid is None else [gid])
    gids = os.getgrouplist(entry.pw_name, entry.pw_gid if gid is None else gid)
    return entry.pw_name, _group_names(gids)


def _group_names(gids: Iterable[int]) -> frozenset[str]:
    names = set()
    for gid in gids:
        try:
            names.add(grp.getgrgid(gid).gr_name)
        except KeyError:
            continue  # a group without a name cannot be named in a setting
    return frozenset(names)


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
        packed = bytes(10) + b"\xff\xff" + packed  # v4-mapped: an IPv6 socket that speaks IPv4
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return b"%b:%04X" % (b"".join(b"%08X" % word for word in words), port)
