"""Which process is at the other end of a link of this host, or has sent a datagram, from the kernel alone."""

import socket

from communicator.daemon.control_groups import ControlGroups, find_root, group_of
from communicator.daemon.own_addresses import is_own
from communicator.daemon.peer_user import find_connected, unix_pid
from communicator.daemon.socket_holders import SocketHolders
from communicator.daemon.sockets import Find, SocketAddress, find_groups, find_socket
from communicator.router.cores.fence import unit_of
from communicator.router.vocabulary.events import Process

UNTOLD = Process()
"""What is said of one that cannot be told."""


class Processes:
    """Asked of each local link and datagram while a shadow is on this host."""

    def __init__(self) -> None:
        self._groups = ControlGroups(find_root())
        self._holders = SocketHolders()

    def of_unix(self, link: socket.socket) -> Process:
        """Who has connected to a Unix socket."""
        pid = unix_pid(link)
        return UNTOLD if pid is None else Process(pid, group_of(pid))

    def of_tcp(self, peer: SocketAddress, own: SocketAddress, find: Find = find_socket) -> Process:
        """Whose the other end of a loopback TCP link is.

        The kernel tells of a socket where it was made, and by no process. Where that is no unit, it is the one process that
        is seen to have it open: a router that is not root sees those of its own user alone, among them other routers.

        Args:
            peer: Address and port of the other end.
            own: Ours.
            find: Finds a socket by its local and its remote address.
        """
        found = find_connected(peer, own, find)
        if found is None:
            return UNTOLD
        group = self._groups.path_of(found.group)
        holder = None if unit_of(group) else self._holders.find(found.inode)
        return Process(holder, group if holder is None else group_of(holder) or group)

    def of_datagram(self, sender: SocketAddress) -> Process | None:
        """Who has sent a datagram from an address; None where that is none of this host.

        The sockets of a port are all asked for: several may share it, and who shares it cannot be told from the others.
        """
        if not is_own(sender[0]):
            return None
        try:
            groups = {self._groups.path_of(number) for number in find_groups(sender)}
        except OSError:
            return UNTOLD
        return Process(None, groups.pop()) if len(groups) == 1 else UNTOLD
