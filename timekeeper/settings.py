"""PURE: the settings of the timekeeper; it reads no file itself."""

from typing import Annotated

import msgspec

from communicator.errors import AddressError, ConfigError
from communicator.protocol import HostPort, parse_host_port, parse_router_address
from communicator.runtime import Settings

CHRONY_PORT = 323


class SourceSettings(Settings, frozen=True):
    """``[sources]``: what is asked about the clock; each may be switched off with ``false``."""

    chrony: str | bool = f"127.0.0.1:{CHRONY_PORT}"
    """Where chronyd takes commands; the kernel is always asked."""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        _ = self.chrony_address

    @property
    def chrony_address(self) -> HostPort | None:
        """`chrony`, read; None when it is switched off.

        Raises:
            ConfigError: It is no address.
        """
        if self.chrony is False:
            return None
        try:
            if self.chrony is True:
                raise AddressError("true is no address: 'HOST:PORT', or false to switch it off")
            return parse_host_port(self.chrony, CHRONY_PORT)
        except AddressError as error:
            raise ConfigError("chrony", str(error)) from None


class TimekeeperSettings(Settings, frozen=True):
    """``timekeeperd.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 10.0
    """How often the clock is looked at and the router told, in seconds."""
    sources: SourceSettings = SourceSettings()

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
