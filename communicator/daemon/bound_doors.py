"""All sockets of ``[listen]``, bound before anything else is made, since an address may be known only then; it accepts nobody."""

import socket
from typing import Self

from communicator.daemon.doors import UnixDoor, address_of, open_tcp, open_udp
from communicator.daemon.listen_settings import ListenSettings
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.router.vocabulary.events import LinkKind

Ports = dict[str, str | list[str]]


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
        try:
            self._bind(listen, group)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ports(self) -> Ports:
        """What is really bound, keyed like ``[listen]``."""
        ports: Ports = {"unix": self._unix_setting} if self.unix else {}
        return ports | {str(kind): address_of(bound) for kind, bound in self.sockets.items()}

    def address(self, kind: LinkKind) -> HostPort | None:
        """Where a door really is; None when there is none of this kind."""
        bound = self.sockets.get(kind)
        return None if bound is None else parse_host_port(address_of(bound))

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
        for kind, open_door in (
            (LinkKind.LOCAL, open_tcp),
            (LinkKind.SIGNAL, open_udp),
            (LinkKind.REMOTE, open_tcp),
            (LinkKind.SECURE, open_tcp),
        ):
            address: str = getattr(listen, kind)
            if address:
                self.sockets[kind] = open_door(f"listen.{kind}", address)
