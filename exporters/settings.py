"""PURE: the settings of the exporter; it reads no file itself."""

from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import HostPort, parse_host_port, parse_router_address
from communicator.runtime import Settings

DEFAULT_PORT = 9740


class ExporterSettings(Settings, frozen=True):
    """``exporter.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    listen: str = f"127.0.0.1:{DEFAULT_PORT}"
    """Where /metrics is served; without credentials only loopback is allowed."""
    cluster: bool = False
    """Whether the metrics of single clocks (``timekeeper_host_*``) are there for all hosts of the cluster, not for this one alone:
    for one or two hosts of it, or Prometheus hears the same from each."""

    def __post_init__(self) -> None:
        """Refuse what could not work or would tell everyone."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
        if not self.listen_address.is_loopback:
            raise ConfigError(
                "listen",
                f"{self.listen!r} can be reached from other machines and there are no credentials: "
                "use a loopback address such as '127.0.0.1:9740'",
            )

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
