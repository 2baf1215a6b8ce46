"""Finds the user at the other end of a local link, from the kernel alone; what a user may do is not known here."""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Iterable
from functools import lru_cache

from communicator.daemon.sockets import Find, SocketAddress, TcpSocket, find_socket
from communicator.router.vocabulary.events import User

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_CONNECTED_STATES = frozenset((1, 4, 5, 8))  # ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT
_USERS_KEPT = 1024
"""Users whose name and groups are remembered: where they come from a directory service, each look-up may take seconds."""


def unix_user(link: socket.socket) -> User:
    """The user who connected to a Unix socket (SO_PEERCRED)."""
    pid, uid, gid = _CREDENTIALS.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return user_of(uid, gid, pid or None)  # 0: a process outside our namespace


def unix_pid(link: socket.socket) -> int | None:
    """The process who connected to a Unix socket; None where it is outside our namespace."""
    return _CREDENTIALS.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[0] or None


def tcp_user(peer: SocketAddress, own: SocketAddress, find: Find = find_socket) -> User | None:
    """The user who owns the other end of a loopback TCP link.

    Args:
        peer: Address and port of the other end.
        own: Ours.
        find: Finds a socket by its local and its remote address.

    Returns:
        The user; None when the socket is not there or proves nothing. A socket its owner has closed lives on with uid 0 and
        inode 0, so one without an inode is nobody's; nor is one that is not connected, such as a new socket that reuses
        the port.
    """
    found = find_connected(peer, own, find)
    return None if found is None else user_of(found.uid)


def find_connected(peer: SocketAddress, own: SocketAddress, find: Find) -> TcpSocket | None:
    """The other end of a loopback TCP link, if it proves whose it is; see `tcp_user`."""
    found = find(peer, own)
    if found is None or found.state not in _CONNECTED_STATES or not found.inode:
        return None
    return found


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
