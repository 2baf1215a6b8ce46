"""PURE: the settings of the exporter; it reads no file itself."""

from communicator.errors import AddressError, ConfigError
from communicator.flags.flag_file import DEFAULT_DIRECTORY
from communicator.protocol.addresses import HostPort, parse_host_port, parse_router_address
from communicator.runtime.settings_type import Settings
from exporters.collectors.settings import CollectorsSettings, TextfileSettings
from exporters.discovery.settings import DiscoverySettings
from exporters.ofrep.settings import OfrepSettings
from exporters.web.hosts import is_host
from exporters.web.settings import AuthSettings, LimitsSettings, TlsSettings, check_exposure

DEFAULT_PORT = 9740


class ExporterSettings(Settings, frozen=True):
    """``exporter.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    listen: str = f"127.0.0.1:{DEFAULT_PORT}"
    """Where /metrics and the other pages are served; without credentials only loopback is allowed."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names, without a port, under which browsers and scrapers ask, such as that of a proxy; off loopback the address of
    listen, the name of this host and that of its server are good without."""
    web_config_file: str = ""
    """A web configuration file as Prometheus and its exporters have it (``tls_server_config``, ``basic_auth_users``,
    ``http_server_config``), in place of [auth] and [tls]; not readable for others."""
    auth: AuthSettings = AuthSettings()
    tls: TlsSettings = TlsSettings()
    limits: LimitsSettings = LimitsSettings()
    ofrep: OfrepSettings = OfrepSettings()
    discovery: DiscoverySettings = DiscoverySettings()
    cluster: bool = False
    """Whether the metrics of single clocks (``timekeeper_host_*``) are there for all hosts of the cluster, not for this one alone:
    for one or two hosts of it, or Prometheus hears the same from each."""
    data_path: str = "/var/lib/bellwether"
    """Where the daemons of this host keep their files: its disk is looked at."""
    flags_path: str = DEFAULT_DIRECTORY
    """The directory of flags that the sitter reads; its disk is looked at, too."""
    collectors: CollectorsSettings = CollectorsSettings()
    textfile: TextfileSettings = TextfileSettings()

    def __post_init__(self) -> None:
        """Refuse what could not work or would tell everyone."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
        for name in self.allowed_hosts:
            if not is_host(name):
                raise ConfigError("allowed_hosts", f"{name!r} is not a name or an address alone, without a port")
        for key, listen in self.listen_addresses.items():
            check_exposure(listen, self.auth, self.tls, self.web_config_file, key)

    @property
    def listen_addresses(self) -> dict[str, HostPort]:
        """Where is listened, by the setting that says so.

        Raises:
            ConfigError: It is no address.
        """
        features = self.ofrep.listen_address
        return {"listen": self.listen_address} | ({"ofrep.listen": features} if features else {})

    @property
    def listen_address(self) -> HostPort:
        """`listen`, read.

        Raises:
            ConfigError: It is no address.
        """
        try:
            return parse_host_port(self.listen, DEFAULT_PORT)
        except AddressError as error:
            raise ConfigError("listen", str(error)) from None
