"""PURE: the settings of what is collected, and of the file it may be written to; it collects nothing."""

import math

from communicator.errors import ConfigError
from communicator.runtime.settings_type import Settings

INTERVAL_MIN_S = 1.0


class CollectorsSettings(Settings, frozen=True):
    """``[collectors]``: what is looked at when somebody scrapes."""

    router: bool = True
    """``communicator_*``: what the router of this host counts; ``--no-collector.router`` leaves it out for once."""
    timekeeper: bool = True
    """``timekeeper_*``: clocks."""
    canary: bool = True
    """``canary_*``: versions and how they do."""
    deployments: bool = True
    """``bellwether_deployment_*``: where deployments are; without ``canary`` it is left out, too."""
    shadows: bool = True
    """``bellwether_shadow_*``: what comparing shadows has come to, which the canary tells too."""
    features: bool = True
    """``bellwether_feature_*``: feature flags, which the canary tells too: where it is not looked at, neither are they."""
    flags: bool = True
    """``sitter_*``: flags that are up, see flags_path."""
    host: bool = True
    """``host_*``: load, memory, disks and the suite's own processes."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are on."""
        left_out = (
            () if self.canary else ("deployments", "shadows", "features")
        )  # who says that there is no canary has said it
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) and name not in left_out)


class TextfileSettings(Settings, frozen=True):
    """``[textfile]``: a file for node_exporter's textfile collector."""

    directory: str = ""
    """A directory where ``bellwether.prom`` is written instead of serving anything over HTTP; empty: it is served."""
    interval_s: float = 15.0
    """From one writing to the next, in seconds."""

    def __post_init__(self) -> None:
        """Refuse what would write without end."""
        if not INTERVAL_MIN_S <= self.interval_s < math.inf:
            raise ConfigError("interval_s", f"{self.interval_s:g} is not {INTERVAL_MIN_S:g} or more")
