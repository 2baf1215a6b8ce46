"""PURE: the settings of the canary; it reads no file itself."""

from communicator.errors import AddressError, ConfigError
from communicator.protocol import parse_router_address
from communicator.runtime import Settings


class CanarySettings(Settings, frozen=True):
    """``canaryd.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
