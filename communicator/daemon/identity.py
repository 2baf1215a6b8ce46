"""Who a router is from its start to its end: name, life, and the address others know it by; it binds nothing."""

import socket
import uuid

import msgspec

from communicator.daemon.doors import BoundDoors
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import REMOTE_PORT, HostPort, parse_host_port
from communicator.protocol.names import server_name_from_host
from communicator.router.vocabulary.events import LinkKind

_NOWHERE = HostPort("127.0.0.1", REMOTE_PORT)
"""The address of a router that no other can reach."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a SIGHUP does not change."""

    server_name: str
    my_address: HostPort = _NOWHERE
    secure: bool = False
    """Whether `my_address` is spoken to over TLS."""
    listens: bool = False
    """Whether other routers can reach it."""
    boot_id: str = msgspec.field(default_factory=lambda: str(uuid.uuid4()))


def identify_router(settings: CommunicatordSettings, doors: BoundDoors) -> Identity:
    """Who this router is, with its doors open.

    Raises:
        ConfigError: Its address cannot be told.
    """
    remote, secure = doors.address(LinkKind.REMOTE), doors.address(LinkKind.SECURE)
    given = settings.cluster.my_address
    my_address = parse_host_port(given) if given else _default_address(remote, secure)
    return Identity(
        server_name=settings.server_name or server_name_from_host(socket.gethostname()),
        my_address=my_address,
        secure=secure is not None and (remote is None or my_address.port == secure.port),
        listens=remote is not None or secure is not None,
    )


def _default_address(remote: HostPort | None, secure: HostPort | None) -> HostPort:
    doors = [door for door in (secure, remote) if door is not None]
    if doors and all(door.is_unspecified for door in doors):
        reason = f"{str(doors[0])!r} stands for all addresses of this host: say which others use"
        raise ConfigError("cluster.my_address", reason)
    return next((door for door in doors if not door.is_unspecified), _NOWHERE)
