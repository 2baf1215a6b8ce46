"""PURE: the settings of the canary; it reads no file itself."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from canary.rules import (
    LETTERS,
    AmbientSettings,
    CapSettings,
    Mode,
    ProbeSettings,
    RuleASettings,
    RuleBSettings,
    RuleCSettings,
    RuleDSettings,
    RuleESettings,
    Rules,
)
from communicator.errors import AddressError, ConfigError
from communicator.flags.flag_file import DEFAULT_DIRECTORY
from communicator.protocol import parse_router_address
from communicator.protocol.names import is_service_name
from communicator.runtime.settings_type import Settings

DATABASES = ("sqlite", "postgresql")
MODES: tuple[Mode, ...] = ("enforce", "dry-run")
NOT_ABOVE = (
    ("a", "first_block_s", "longest_block_s"),
    ("b", "base_s", "longest_s"),
    ("c", "suspect_log10", "block_log10"),
)
"""A rule, one of its limits, and the one that this may not be above."""


class RuleTables(Settings, frozen=True):
    """``[rules]``: each rule has its table."""

    a: RuleASettings = RuleASettings()
    b: RuleBSettings = RuleBSettings()
    c: RuleCSettings = RuleCSettings()
    d: RuleDSettings = RuleDSettings()
    e: RuleESettings = RuleESettings()

    def __post_init__(self) -> None:
        """Refuse limits that cannot both be meant."""
        for rule, lower, upper in NOT_ABOVE:
            table = getattr(self, rule)
            low, high = getattr(table, lower), getattr(table, upper)
            if low > high:
                raise ConfigError(f"{rule}.{lower}", f"{low:g} is above {upper}, which is {high:g}")


class WatchSettings(Settings, frozen=True):
    """``[watch]``: who besides the router tells how runs end."""

    systemd: bool = True
    """Whether the units of registered services are watched, over D-Bus."""
    processes: bool = True
    """Whether the processes of registered services without a unit are watched."""
    units: dict[str, str] = msgspec.field(default_factory=dict)
    """``[watch.units]``: the service that runs in a systemd unit, by name of the unit (``"billing.service" = "billing"``), for
    what may fail before it ever registers."""

    def __post_init__(self) -> None:
        """Refuse what is no unit, or no service."""
        for unit, service in self.units.items():
            if not unit.endswith(".service"):
                raise ConfigError(f"units.{unit}", f"{unit!r} is not the name of a unit, such as 'billing.service'")
            if not is_service_name(service):
                raise ConfigError(f"units.{unit}", f"{service!r} is not a service name")


NEEDS_RESTART = frozenset(
    (
        "communicator",
        "data_path",
        "flags_path",
        "database",
        "watch.systemd",
        "watch.processes",
        "merge_s",
        "rules.a.ok_after_s",
        "keep_days",
    )
)
"""Settings that what is open, or under way, is bound up with; all others follow a SIGHUP."""


class CanarySettings(Settings, frozen=True):
    """``canaryd.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    data_path: str = "/var/lib/bellwether"
    """Where the ledger is kept, unless `database` says otherwise."""
    flags_path: str = DEFAULT_DIRECTORY
    """Where flags for operators are raised."""
    database: str = ""
    """Where the ledger is: ``sqlite:////PATH`` or ``postgresql://USER@HOST/NAME``; empty: ``canary.db`` in data_path."""
    mode: Literal["by-rule", "enforce", "dry-run"] = "by-rule"
    """For all rules; ``by-rule``: each rule has its own."""
    rules: RuleTables = RuleTables()
    ambient: AmbientSettings = AmbientSettings()
    caps: CapSettings = CapSettings()
    probes: ProbeSettings = ProbeSettings()
    watch: WatchSettings = WatchSettings()
    services: dict[str, object] = msgspec.field(default_factory=dict)
    """``[services]``: a mode for single services, which goes before that of the rules."""
    merge_s: float = 5.0
    """How long a lost connection waits for a better word on how the run ended, in seconds."""
    keep_days: int = 365
    """How long entries of the ledger are kept one by one."""

    def __post_init__(self) -> None:
        """Refuse what is no address, no database and no service."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
        scheme = urlsplit(self.database).scheme.partition("+")[0]
        if self.database and scheme not in DATABASES:
            raise ConfigError("database", f"{scheme or 'what stands there'!r} is neither sqlite nor postgresql")
        self._require_services()
        if not 0 <= self.merge_s <= 60:  # noqa: PLR2004 - the longest time a supervisor may need
            raise ConfigError("merge_s", f"{self.merge_s:g} is not between 0 and 60 seconds")
        if self.keep_days < 1:
            raise ConfigError("keep_days", f"{self.keep_days} is less than one day")

    def _require_services(self) -> None:
        for service, mode in self.services.items():
            if not is_service_name(service):
                raise ConfigError("services", f"{service!r} is not a service name")
            if mode not in MODES:
                raise ConfigError(f"services.{service}", f"{mode!r} is not one of {', '.join(MODES)}")
        for service in self.caps.protected:
            if not is_service_name(service):
                raise ConfigError("caps.protected", f"{service!r} is not a service name")

    @property
    def database_url(self) -> str:
        """`database`, or the default one."""
        return self.database or f"sqlite:///{self.data_path.rstrip('/')}/canary.db"

    @property
    def in_force(self) -> Rules:
        """The rules, with the modes that are to count."""
        tables = self.rules
        return Rules(
            mode=None if self.mode == "by-rule" else self.mode,
            **{letter: getattr(tables, letter) for letter in LETTERS},
            ambient=self.ambient,
            caps=self.caps,
            probes=self.probes,
            merge_s=self.merge_s,
            services={service: mode for mode in MODES for service, told in self.services.items() if told == mode},
        )
