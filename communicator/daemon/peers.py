"""Finds user and process at the other end of a link of this host, from the kernel alone; what they may do is not known here."""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Iterable
from functools import lru_cache

from communicator.daemon.control_groups import ControlGroups, find_root, group_of
from communicator.daemon.own_addresses import is_own
from communicator.daemon.socket_holders import SocketHolders
from communicator.daemon.sockets import Find, SocketAddress, TcpSocket, find_groups, find_socket
from communicator.router.cores.fence import unit_of
from communicator.router.vocabulary.events import Process, User

UNTOLD = Process()
"""What is said of a process that cannot be told."""

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
_CONNECTED_STATES = frozenset((1, 4, 5, 8))  # ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT
_USERS_KEPT = 1024
"""Users whose name and groups are remembered: where they come from a directory service, each look-up may take seconds."""


def unix_user(link: socket.socket) -> User:
    """The user who connected to a Unix socket."""
    pid, uid, gid = _credentials(link)
    return user_of(uid, gid, pid or None)  # 0: a process outside our namespace


def _credentials(link: socket.socket) -> tuple[int, int, int]:
    """Process, user and group at the other end of a Unix socket (SO_PEERCRED)."""
    return _CREDENTIALS.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))


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
    found = _find_connected(peer, own, find)
    return None if found is None else user_of(found.uid)


def _find_connected(peer: SocketAddress, own: SocketAddress, find: Find) -> TcpSocket | None:
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


class Processes:
    """Asked of each local link and datagram while a shadow is on this host."""

    def __init__(self) -> None:
        self._groups = ControlGroups(find_root())
        self._holders = SocketHolders()

    def of_unix(self, link: socket.socket) -> Process:
        """The process that connected to a Unix socket."""
        pid, *_ = _credentials(link)
        return Process(pid, group_of(pid)) if pid else UNTOLD

    def of_tcp(self, peer: SocketAddress, own: SocketAddress, find: Find = find_socket) -> Process:
        """Whose the other end of a loopback TCP link is.

        The kernel tells of a socket where it was made, and by no process. Where that is no unit, it is the one process that
        is seen to have it open: a router that is not root sees those of its own user alone, among them other routers.

        Args:
            peer: Address and port of the other end.
            own: Ours.
            find: Finds a socket by its local and its remote address.
        """
        found = _find_connected(peer, own, find)
        if found is None:
            return UNTOLD
        group = self._groups.path_of(found.group)
        holder = None if unit_of(group) else self._holders.find(found.inode)
        return Process(holder, group if holder is None else group_of(holder) or group)

    def of_datagram(self, sender: SocketAddress) -> Process | None:
        """The process that sent a datagram from an address; None: the address belongs to another host.

        The sockets of a port are all asked for: several may share it, and who shares it cannot be told from the others.
        """
        if not is_own(sender[0]):
            return None
        try:
            groups = {self._groups.path_of(number) for number in find_groups(sender)}
        except OSError:
            return UNTOLD
        return Process(None, groups.pop()) if len(groups) == 1 else UNTOLD
