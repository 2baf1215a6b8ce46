"""PURE: the settings of service discovery; it reads no file."""

import math
import posixpath

from communicator.errors import ConfigError
from communicator.protocol.names import is_service_name
from communicator.runtime.settings_type import Settings


class DiscoverySettings(Settings, frozen=True):
    """``[discovery]``: what Prometheus is told of the cluster."""

    keep_s: float = 900.0
    """How long an instance that went away is still told, as state ``down``, in seconds: an alert on it needs a target."""
    interval_s: float = 30.0
    """How often the files are brought up to date, in seconds."""
    files: dict[str, str] = {}  # noqa: RUF012 - msgspec gives each its own
    """``[discovery.files]``: service to the file, ``*.json``, that holds its instances for Prometheus' file_sd_configs, such as
    ``exporter = "/etc/prometheus/bellwether/exporter.json"``; the directory has to be there."""

    def __post_init__(self) -> None:
        """Refuse what could not work."""
        for key in ("keep_s", "interval_s"):
            if not 0 < getattr(self, key) < math.inf:
                raise ConfigError(key, "must be more than 0, and a number")
        holders: dict[str, str] = {}
        for service, file in self.files.items():
            if not is_service_name(service):
                raise ConfigError(f"files.{service}", "is not the name of a service")
            if not file.startswith("/") or not file.endswith(".json"):
                raise ConfigError(f"files.{service}", f"{file!r} is not the absolute path of a file NAME.json")
            holder = holders.setdefault(posixpath.normpath(file), service)
            if holder != service:
                raise ConfigError(f"files.{service}", f"{file!r} holds the instances of {holder!r} already")
