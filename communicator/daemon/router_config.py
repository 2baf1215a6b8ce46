"""Makes the router's configuration out of settings and of what this host says of itself."""

import grp
import os
import platform
import socket
from pathlib import Path

from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.names import is_service_name, server_name_from_host
from communicator.router.config import RouterConfig
from communicator.version import __version__


def router_config(settings: CommunicatordSettings, boot_id: str) -> RouterConfig:
    """What the router is to know.

    Args:
        settings: Those in force.
        boot_id: This life of the router.
    """
    return RouterConfig(
        server_name=settings.server_name or server_name_from_host(socket.gethostname()),
        my_address=settings.cluster.my_address,
        boot_id=boot_id,
        version=__version__,
        python=platform.python_version(),
        uid=os.geteuid(),
        pid=os.getpid(),
        known_services=known_services(Path(settings.services_path)),
        owners=settings.services.owners,
        stop_group=settings.listen.socket_group if settings.listen.group_may_stop else "",
        limits=settings.limits.for_router,
    )


def known_services(directory: Path) -> frozenset[str]:
    """The names of the ``.service`` files of a directory; none when it is not there."""
    return frozenset(path.stem for path in directory.glob("*.service") if is_service_name(path.stem))


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
