"""Makes the router's configuration out of settings and of what this host says of itself, and tells who the router is."""

import grp
import os
import platform
import pwd
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from communicator.daemon.control_groups import group_of
from communicator.daemon.doors import BoundDoors
from communicator.daemon.exposure import demands_credentials
from communicator.daemon.kept_files import Kept, learnt_of
from communicator.daemon.message_checks import Definitions
from communicator.daemon.passwords import read_password_file
from communicator.daemon.service_files import read_service_files
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.tls import load_trust
from communicator.errors import ConfigError
from communicator.protocol.addresses import REMOTE_PORT, HostPort, parse_host_port, read_ip
from communicator.protocol.names import server_name_from_host
from communicator.router.vocabulary.config import ClusterConfig, RouterConfig
from communicator.router.vocabulary.effects import KeptFile
from communicator.router.vocabulary.events import LinkKind
from communicator.runtime.kept_file import fault_of
from communicator.runtime.secret_file import read_secret
from communicator.version import __version__

KEY_CHARACTERS = 32
"""A proof is not slow to compute, as the hash of a password is: a key that could be guessed would be."""
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


def router_config(
    settings: CommunicatordSettings, identity: Identity, kept: Kept, definitions: Definitions
) -> RouterConfig:
    """What the router is to know.

    Args:
        settings: Those in force.
        identity: Who it is.
        kept: What it kept in its last life.
        definitions: What messages are held to.

    Raises:
        ConfigError: A ``.service`` file or the secret is wrong.
    """
    listen = settings.listen
    services = read_service_files(Path(settings.services_path))
    rules = settings.service_rules
    owners = {service: file.user for service, file in services.items() if file.user}
    return RouterConfig(
        server_name=identity.server_name,
        my_address=str(identity.my_address),
        own_ips=frozenset(_ips(listen.local, listen.signal, listen.remote, listen.secure)),
        boot_id=identity.boot_id,
        version=__version__,
        python=platform.python_version(),
        uid=os.geteuid(),
        known_services=frozenset(services),
        packaged={service: file.packaged for service, file in services.items()},
        learnt=learnt_of(kept),
        owners=owners | rules.owners,
        stop_group=listen.socket_group if listen.group_may_stop else "",
        may_send=rules.may_send,
        checks=definitions.checks,
        definitions_refused=len(definitions.refused),
        cluster=_cluster_config(settings, identity, kept),
        policy=kept.get(KeptFile.POLICY, ""),
        control_group=group_of("self"),
        limits=settings.limits,
    )


def _cluster_config(settings: CommunicatordSettings, identity: Identity, kept: Kept) -> ClusterConfig:
    auth = settings.auth
    return ClusterConfig(
        listens=identity.listens,
        secure=identity.secure,
        neighbors=settings.cluster.neighbor_addresses,
        saved_neighbors=kept.get(KeptFile.NEIGHBORS, ""),
        discover=settings.cluster.discover,
        demands_credentials=demands_credentials(settings.listen, auth, settings.tls),
        username=auth.username,
        password=_own_password(settings),
        key=cluster_key(settings),
        allow_cleartext_password=auth.allow_cleartext_password,
        dials_secure=bool(settings.tls.ca),
        remote_shutdown=settings.cluster.remote_shutdown,
    )


def check_host(settings: CommunicatordSettings) -> None:
    """Check what the settings name on this host, before anything depends on it.

    Raises:
        ConfigError: A secret, password, certificate, group, user, directory or ``.service`` file is not there or not as it
            must be.
    """
    signal_secret(settings)
    group_id(settings.listen.socket_group)
    for service, file in read_service_files(Path(settings.services_path)).items():
        if file.user and not _is_user(file.user):
            path = str(Path(settings.services_path) / f"{service}.service")
            raise ConfigError("services_path", f"{path!r}: user: there is no user {file.user!r} on this host")
    for service, user in settings.service_rules.owners.items():
        if not _is_user(user):
            raise ConfigError(f"services.owners.{service}", f"there is no user {user!r} on this host")
    _own_password(settings)
    cluster_key(settings)
    if settings.auth.password_file:
        read_password_file(Path(settings.auth.password_file), "auth.password_file")
    load_trust(settings.tls)
    fault = "" if settings.is_alone else fault_of(Path(settings.data_path))
    if fault:
        raise ConfigError(
            "data_path", f"{settings.data_path!r} {fault}: a router that meets others keeps their addresses"
        )


def signal_secret(settings: CommunicatordSettings) -> bytes:
    """The secret datagrams must carry; empty when none is asked for.

    Raises:
        ConfigError: Its file cannot be read, or may be read by others.
    """
    return _secret(settings.listen.signal_secret_file, "listen.signal_secret_file")


def group_id(name: str) -> int:
    """The number of the group that may connect; -1, which changes nothing, when none is named.

    Raises:
        ConfigError: There is no such group.
    """
    if not name:
        return -1
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError("listen.socket_group", f"there is no group {name!r}") from None


def cluster_key(settings: CommunicatordSettings) -> bytes:
    """What the routers of the cluster have in common; empty when nothing is.

    Raises:
        ConfigError: Its file cannot be read, may be read by others, or holds what can be guessed.
    """
    file = settings.auth.key_file
    key = _secret(file, "auth.key_file")
    if key and len(key) < KEY_CHARACTERS:
        raise ConfigError(
            "auth.key_file",
            f"{file!r} holds {len(key)} characters, fewer than {KEY_CHARACTERS}: make it with"
            " 'head -c 32 /dev/urandom | base64', for whoever meets us can try keys at leisure",
        )
    return key


def _own_password(settings: CommunicatordSettings) -> str:
    """What we say to others; empty when we say nothing."""
    file = settings.auth.secret_file
    try:
        password = _secret(file, "auth.secret_file").decode()
    except UnicodeDecodeError:
        raise ConfigError("auth.secret_file", f"{file!r} is not UTF-8") from None
    if not password.isprintable():
        raise ConfigError("auth.secret_file", f"{file!r} holds more than one line, or characters that cannot be said")
    return password


def _secret(file: str, key: str) -> bytes:
    return read_secret(Path(file), key) if file else b""


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _ips(*addresses: str) -> Iterator[str]:
    """The hosts of listen addresses that are given by number."""
    for address in filter(None, addresses):
        ip = read_ip(parse_host_port(address).host)
        if ip is not None:
            yield str(ip)
