"""PURE: the settings of the listener for feature flags; it reads no file itself."""

from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.runtime.settings_type import Settings

DEFAULT_PORT = 9741


class OfrepSettings(Settings, frozen=True):
    """``[ofrep]``: feature flags over HTTP."""

    listen: str = f"127.0.0.1:{DEFAULT_PORT}"
    """Where services ask for feature flags by the OpenFeature Remote Evaluation Protocol, under the same [auth], [tls] and
    [limits]; empty: nowhere. Without credentials only loopback is allowed."""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        _ = self.listen_address

    @property
    def listen_address(self) -> HostPort | None:
        """`listen`, read; None where nothing is listened.

        Raises:
            ConfigError: It is no address.
        """
        try:
            return parse_host_port(self.listen, DEFAULT_PORT) if self.listen else None
        except AddressError as error:
            raise ConfigError("listen", str(error)) from None
