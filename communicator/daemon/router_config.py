"""Makes the router's configuration out of settings and of what this host says of itself."""

import grp
import ipaddress
import os
import platform
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

from communicator.daemon.service_files import read_service_files
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import parse_host_port
from communicator.protocol.names import server_name_from_host
from communicator.router.config import RouterConfig
from communicator.runtime import read_secret
from communicator.version import __version__


def router_config(settings: CommunicatordSettings, boot_id: str) -> RouterConfig:
    """What the router is to know.

    Args:
        settings: Those in force.
        boot_id: This life of the router.

    Raises:
        ConfigError: A ``.service`` file is wrong.
    """
    services = read_service_files(Path(settings.services_path))
    owners = {service: user for service, user in services.items() if user}
    return RouterConfig(
        server_name=settings.server_name or server_name_from_host(socket.gethostname()),
        my_address=settings.cluster.my_address,
        own_ips=frozenset(_ips(settings.listen.local, settings.listen.signal)),
        boot_id=boot_id,
        version=__version__,
        python=platform.python_version(),
        uid=os.geteuid(),
        known_services=frozenset(services),
        owners=owners | settings.services.owners,
        stop_group=settings.listen.socket_group if settings.listen.group_may_stop else "",
        limits=settings.limits.for_router,
    )


def check_host(settings: CommunicatordSettings) -> None:
    """Check what the settings name on this host, before anything depends on it.

    Raises:
        ConfigError: The secret, the group, a user or a ``.service`` file is not there or not as it must be.
    """
    signal_secret(settings)
    group_id(settings.listen.socket_group)
    for service, user in read_service_files(Path(settings.services_path)).items():
        if user and not _is_user(user):
            raise ConfigError("services_path", f"{service}.service: there is no user {user!r} on this host")
    for service, user in settings.services.owners.items():
        if not _is_user(user):
            raise ConfigError(f"services.owners.{service}", f"there is no user {user!r} on this host")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def signal_secret(settings: CommunicatordSettings) -> bytes:
    """The secret datagrams must carry; empty when none is asked for.

    Raises:
        ConfigError: Its file cannot be read, or may be read by others.
    """
    file = settings.listen.signal_secret_file
    return read_secret(Path(file), "listen.signal_secret_file") if file else b""


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


def _ips(*addresses: str) -> Iterator[str]:
    """The hosts of listen addresses that are given by number."""
    for address in filter(None, addresses):
        host = parse_host_port(address).host
        try:
            yield str(ipaddress.ip_address(host))
        except ValueError:
            continue
