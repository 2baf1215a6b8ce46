"""Opens the sockets of ``[listen]`` that others knock at, all or none, and says in clear words why one cannot be opened.

They are bound before anything else is made, since an address may be known only then; nothing is read from them.
"""

import errno
import os
import socket
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from communicator.daemon.network_settings import ListenSettings
from communicator.errors import ListenError
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.router.vocabulary.events import LinkKind
from communicator.runtime.own_file import locked_beside

BACKLOG = 4096
"""Connections that may wait: a fleet that reconnects at once after a restart; the kernel caps it with somaxconn."""
_SOCKET_MODE = 0o660

Ports = dict[str, str | list[str]]


class UnixDoor:
    """A listening Unix stream socket and the file it stands for.

    Args:
        path: Where it is.
        group: The number of the group that may connect; -1 leaves the default.

    Raises:
        ListenError: A live daemon has it, something else is in its place, or the directory does not let us.
    """

    def __init__(self, path: str, group: int = -1) -> None:
        self.path = Path(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with locked_beside(self.path):  # two daemons that start at once must not both find the socket stale
                self._remove_stale()
                self._bind(group)
                self.socket.listen(BACKLOG)
                self._inode = self.path.stat().st_ino
        except OSError as error:
            self.socket.close()
            reason = error.reason if isinstance(error, ListenError) else _reason(error)
            raise ListenError("listen.unix", path, reason) from None

    def remove(self) -> None:
        """Take the file away, unless somebody put another in its place."""
        try:
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()
        except FileNotFoundError:
            return

    def _bind(self, group: int) -> None:
        umask = os.umask(0o177)  # nobody may connect before the group is set
        try:
            self.socket.bind(str(self.path))
        finally:
            os.umask(umask)
        if group >= 0:
            os.chown(self.path, -1, group)
        self.path.chmod(_SOCKET_MODE)

    def _remove_stale(self) -> None:
        """A socket that nobody accepts on is left from a daemon that was killed."""
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(mode):
            raise ListenError("", "", "a file that is not a socket is in its place")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)  # noqa: FBT003 - its one parameter
            outcome = probe.connect_ex(str(self.path))
        if outcome == errno.ECONNREFUSED:
            self.path.unlink()
        elif outcome in (0, errno.EAGAIN):
            raise ListenError("", "", "another daemon is listening there")
        else:
            raise OSError(outcome, os.strerror(outcome))


class BoundDoors:
    """The sockets, closed at the end of a ``with``, and the files of Unix sockets gone.

    Args:
        listen: What to bind.
        group: The number of the group that may connect to Unix sockets; -1 leaves the default.

    Raises:
        ListenError: One cannot be bound; none is left then.
    """

    def __init__(self, listen: ListenSettings, group: int = -1) -> None:
        self.unix: list[UnixDoor] = []
        self.sockets: dict[LinkKind, socket.socket] = {}
        """The others, by kind."""
        self._unix_setting = listen.unix if isinstance(listen.unix, str) else list(listen.unix)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._bind(listen, group)
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ports(self) -> Ports:
        """What is really bound, keyed like ``[listen]``."""
        ports: Ports = {"unix": self._unix_setting} if self.unix else {}
        return ports | {str(kind): str(self.address(kind)) for kind in self.sockets}

    def address(self, kind: LinkKind) -> HostPort | None:
        """The bound address of a door; None: no door of this kind is open."""
        bound = self.sockets.get(kind)
        return None if bound is None else HostPort(*bound.getsockname()[:2])

    def remove_files(self) -> None:
        """Nobody shall find the Unix sockets any more."""
        for door in self.unix:
            door.remove()

    def close(self) -> None:
        """Let go of everything."""
        self.remove_files()
        for opened in (*(door.socket for door in self.unix), *self.sockets.values()):
            opened.close()

    def _bind(self, listen: ListenSettings, group: int) -> None:
        for path in listen.unix_paths:
            self.unix.append(UnixDoor(path, group))
        for kind in (LinkKind.LOCAL, LinkKind.SIGNAL, LinkKind.REMOTE, LinkKind.SECURE):
            if address := getattr(listen, kind):
                of_socket = socket.SOCK_DGRAM if kind is LinkKind.SIGNAL else socket.SOCK_STREAM
                self.sockets[kind] = bind_address(f"listen.{kind}", address, of_socket)


def bind_address(key: str, address: str, kind: socket.SocketKind) -> socket.socket:
    """A socket at an address of this host; one for streams listens.

    Args:
        key: The setting, for the error.
        address: ``host:port``; port 0 takes a free one.
        kind: Of socket.

    Raises:
        ListenError: It cannot be bound.
    """
    host_port = parse_host_port(address)
    opened: socket.socket | None = None
    try:
        family, _, _, _, target = socket.getaddrinfo(host_port.host, host_port.port, type=kind)[0]
        opened = socket.socket(family, kind)
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(target)
        if kind is socket.SOCK_STREAM:
            opened.listen(BACKLOG)
    except OSError as error:
        if opened is not None:
            opened.close()
        raise ListenError(key, address, _reason(error)) from None
    return opened


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; is another communicatord running?"
    if isinstance(error, BlockingIOError):
        return "another daemon is being started there at this moment"
    if error.errno == errno.ENOENT:
        return "its directory is not there"
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
