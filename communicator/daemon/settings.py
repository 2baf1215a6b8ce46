"""The settings of communicatord: their names, defaults and rules; nothing is opened or looked up here."""

import dataclasses
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_HARD, LINE_BYTES_SENT
from communicator.protocol.names import is_server_name, is_service_name
from communicator.router.config import RouterLimits
from communicator.runtime import Settings

LOCAL_PORT = 4040
SIGNAL_PORT = 4041
REMOTE_PORT = 4042

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0.1, le=3600)]

_ROUTER = RouterLimits()
_UNIX_PATH_BYTES = 107  # sun_path of unix(7), less the NUL


def _checked(key: str, address: str, rule: Callable[[HostPort], str]) -> None:
    if not address:
        return
    try:
        host_port = parse_host_port(address)
    except AddressError as error:
        raise ConfigError(key, str(error)) from error
    fault = rule(host_port)
    if fault:
        raise ConfigError(key, f"{address!r} {fault}")


def _require_loopback(host_port: HostPort) -> str:
    return "" if host_port.is_loopback else "is not a loopback address: other hosts could reach it"


def _require_loopback_without_secret(host_port: HostPort) -> str:
    return "" if host_port.is_loopback else "is not a loopback address: that needs signal_secret_file"


def _accept_any(_host_port: HostPort) -> str:
    return ""


class ListenSettings(Settings, frozen=True):
    """``[listen]``: the doors of this host, each for its own processes only; signal may be opened to others, for a secret."""

    unix: str | tuple[str, ...] = "/run/bellwether/communicatord.sock"
    """One path or a list of Unix stream sockets."""
    local: str = f"127.0.0.1:{LOCAL_PORT}"
    """Loopback TCP; empty for none."""
    signal: str = f"127.0.0.1:{SIGNAL_PORT}"
    """UDP, one message a datagram, never answered; off loopback only with signal_secret_file; empty for none."""
    socket_group: str = ""
    """The group that may connect to the Unix sockets; empty for the router's own."""
    group_may_stop: bool = False
    """Whether members of that group may stop the router."""
    signal_secret_file: str = ""
    """File with the secret that datagrams must carry as ``secret_code``; mode 0600."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        for path in self.unix_paths:
            if not path.startswith("/") or "\0" in path:
                raise ConfigError("unix", f"{path!r} is not an absolute path")
            if len(path.encode()) > _UNIX_PATH_BYTES:
                raise ConfigError("unix", f"{path!r} is longer than {_UNIX_PATH_BYTES} bytes")
        _checked("local", self.local, _require_loopback)
        _checked("signal", self.signal, _accept_any if self.signal_secret_file else _require_loopback_without_secret)
        if not self.unix_paths and not self.local:
            raise ConfigError("unix", "no socket is left to connect to: unix and local are both empty")
        if self.group_may_stop and not self.socket_group:
            raise ConfigError("group_may_stop", "needs socket_group")

    @property
    def unix_paths(self) -> tuple[str, ...]:
        """The paths of the Unix sockets, as many as there are."""
        paths = (self.unix,) if isinstance(self.unix, str) else self.unix
        return tuple(path for path in paths if path)


class ClusterSettings(Settings, frozen=True):
    """``[cluster]``: how other hosts know this one."""

    my_address: str = f"127.0.0.1:{REMOTE_PORT}"
    """``IP:port`` under which the cluster knows this router."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        _checked("my_address", self.my_address, _accept_any)


class LimitsSettings(Settings, frozen=True):
    """``[limits]``: every bound of the router, and the time it gives others."""

    line_bytes: Annotated[int, Meta(ge=1024, le=LINE_BYTES_SENT)] = LINE_BYTES
    """The longest line accepted; applies to new links."""
    links: Count = 20_000
    """Links held at once: twice the 10,000 that `make bench` holds; fewer where there are not as many descriptors."""
    queue_bytes: Annotated[int, Meta(ge=LINE_BYTES)] = 16 * 1024 * 1024
    """What may wait for one consumer before it is cut at once; applies to new links."""
    stall_s: Seconds = 5.0
    """How long a slow consumer may hold local producers up, in one go or in many small stalls, before it is cut."""
    drain_s: Seconds = 5.0
    """How long closing a link or stopping the router waits for what is queued."""
    cache_messages: Count = _ROUTER.cache_messages
    """Messages kept for services that are not there yet."""
    cache_bytes: Count = _ROUTER.cache_bytes
    """Their bytes."""
    cache_service_bytes: Count = _ROUTER.cache_service_bytes
    """Those kept for one service: all are written at once when it comes, so at most half of queue_bytes."""
    registrations: Count = _ROUTER.registrations
    """Services registered at once."""
    commands_per_service: Count = _ROUTER.commands_per_service
    """Commands a service may list."""
    routes: Count = _ROUTER.routes
    """Distinct headers whose route is remembered."""
    answer_bytes: Annotated[int, Meta(ge=1024, le=LINE_BYTES_HARD)] = _ROUTER.answer_bytes
    """What one page of an answer may take."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if self.cache_service_bytes > self.queue_bytes // 2:
            raise ConfigError(
                "cache_service_bytes",
                f"{self.cache_service_bytes} is more than half of queue_bytes, {self.queue_bytes}: "
                "who gets it all at once would be cut",
            )

    @property
    def for_router(self) -> RouterLimits:
        """Those the router keeps itself."""
        return RouterLimits(**{field.name: getattr(self, field.name) for field in dataclasses.fields(RouterLimits)})


class ServicesSettings(Settings, frozen=True):
    """``[services]``: who may be what."""

    owners: dict[str, str] = msgspec.field(default_factory=dict)
    """Service name to the user who may register it."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        for service, user in self.owners.items():
            if not is_service_name(service):
                raise ConfigError(f"owners.{service}", f"{service!r} is not the name of a service")
            if not user:
                raise ConfigError(f"owners.{service}", "names no user")


class CommunicatordSettings(Settings, frozen=True):
    """``communicatord.toml``."""

    server_name: str = ""
    """The name of this server in the cluster; by default the host name up to its first dot, ``-`` as ``_``."""
    services_path: str = "/usr/share/bellwether/services"
    """Directory of ``*.service`` files: the services of this host, whether they run or not."""
    listen: ListenSettings = ListenSettings()
    cluster: ClusterSettings = ClusterSettings()
    limits: LimitsSettings = LimitsSettings()
    services: ServicesSettings = ServicesSettings()

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if self.server_name and not is_server_name(self.server_name):
            raise ConfigError("server_name", f"{self.server_name!r} is no name: letters, digits and _ only")
