"""The settings of communicatord: their names, defaults and rules; nothing is opened or looked up here."""

from pathlib import PurePosixPath
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from communicator.daemon.exposure import check_exposure
from communicator.daemon.network_settings import AuthSettings, ClusterSettings, ListenSettings, TlsSettings
from communicator.daemon.service_rules import ServiceRules, read_service_rules
from communicator.errors import ConfigError
from communicator.flags.flag_file import DEFAULT_DIRECTORY
from communicator.protocol.definitions import Checking
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_SENT
from communicator.protocol.names import is_server_name
from communicator.router.vocabulary.config import Count, RouterLimits
from communicator.runtime.settings_type import Settings

Seconds = Annotated[float, Meta(ge=0.1, le=3600)]


class LimitsSettings(RouterLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[limits]``: every bound of the router, those it keeps itself included, and the time it gives others."""

    line_bytes: Annotated[int, Meta(ge=1024, le=LINE_BYTES_SENT)] = LINE_BYTES
    """The longest line accepted, but of the suite's own services: these may send up to 1 MiB. Applies to new links."""
    links: Count = 20_000
    """Links held at once: twice the 10,000 that `make bench` holds; fewer where there are not as many descriptors. A user of this
    host, but root and the router's own, gets no more of them than are free."""
    queue_bytes: Annotated[int, Meta(ge=LINE_BYTES)] = 16 * 1024 * 1024
    """What may wait for one consumer before it is cut at once; applies to new links."""
    stall_s: Seconds = 5.0
    """How long a slow consumer may hold producers up before it is cut, all stalls together; routers wait a hundredth of it."""
    drain_s: Seconds = 5.0
    """How long closing a link or stopping the router waits for what is queued."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if self.cache_service_bytes > self.queue_bytes // 2:
            raise ConfigError(
                "cache_service_bytes",
                f"{self.cache_service_bytes} is more than half of queue_bytes, {self.queue_bytes}: "
                "who gets it all at once would be cut",
            )


class CommunicatordSettings(Settings, frozen=True):
    """``communicatord.toml``."""

    server_name: str = ""
    """The name of this server in the cluster; by default the host name up to its first dot, ``-`` as ``_``."""
    data_path: str = "/var/lib/bellwether"
    """Directory of what the router keeps: neighbors.txt, cluster-status.txt, policy.json, services/NAME; made when
    it is not there."""
    services_path: str = "/usr/share/bellwether/services"
    """Directory of ``*.service`` files: the services of this host, whether they run or not."""
    definitions_path: tuple[str, ...] = ("/usr/share/bellwether/messages",)
    """Directories of message definitions, ``COMMAND.conf``: those of the first count before those of the next, and before the
    suite's own. One that is not there has none."""
    definitions_enforced: tuple[str, ...] = ()
    """Those directories of definitions_path whose definitions are held to as check_messages says, as the suite's own always are.
    What is not as another directory defines it is never refused, only logged and counted: services in use seldom keep to theirs."""
    check_messages: Checking = Checking.OFF
    """What becomes of messages that are not as they were defined. ``off``: nothing, no message is looked at; ``debug``: they
    are logged, counted and passed on; ``enforce``: they are not delivered, and their sender gets INVALID with the reason."""
    flags_path: str = DEFAULT_DIRECTORY
    """Directory of flags, where the sitter looks; not made, since it belongs to the sitter: without it no flags are raised."""
    listen: ListenSettings = ListenSettings()
    cluster: ClusterSettings = ClusterSettings()
    auth: AuthSettings = AuthSettings()
    tls: TlsSettings = TlsSettings()
    limits: LimitsSettings = LimitsSettings()
    services: dict[str, Any] = msgspec.field(default_factory=dict)
    """``[services.owners]``: service name to the user who may register it. ``[services.NAME]`` with ``may_send``: what NAME
    may send, as a list of patterns such as ``"timekeeper/*"`` (SERVICE/COMMAND); without it, anything."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if self.server_name and not is_server_name(self.server_name):
            raise ConfigError("server_name", f"{self.server_name!r} is no name: letters, digits and _ only")
        paths = [("definitions_path", path) for path in self.definitions_path]
        paths += [(key, getattr(self, key)) for key in ("data_path", "flags_path", "services_path")]
        for key, path in paths:
            if not path.startswith("/") or "\0" in path:
                raise ConfigError(key, f"{path!r} is not an absolute path")
        known = set(map(PurePosixPath, self.definitions_path))
        for path in self.definitions_enforced:
            if PurePosixPath(path) not in known:
                raise ConfigError(
                    "definitions_enforced", f"{path!r} is not a directory of definitions_path: name it there too"
                )
        try:
            read_service_rules(self.services)
        except ConfigError as error:
            raise ConfigError(f"services.{error.key}", error.reason) from error
        check_exposure(self.listen, self.cluster, self.auth, self.tls)

    @property
    def service_rules(self) -> ServiceRules:
        """What `services` says."""
        return read_service_rules(self.services)

    @property
    def is_alone(self) -> bool:
        """Whether this router meets no other."""
        return not (self.listen.remote or self.listen.secure or self.cluster.neighbors)
