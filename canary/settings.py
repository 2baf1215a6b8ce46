"""PURE: the settings of the canary; it reads no file itself."""

from typing import Literal

import msgspec

from canary.deployment.settings import DeploySettings
from canary.rules import (
    LETTERS,
    AmbientSettings,
    CapSettings,
    HostSettings,
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
from communicator.protocol.names import is_server_name, is_service_name
from communicator.runtime.settings_type import Settings

MODES: tuple[Mode, ...] = ("enforce", "dry-run")
SHORTEST_ASK_S, LONGEST_ASK_S = 1.0, 300.0
"""Between two questions to a run: three times the longest one is within the 20 minutes in which a release is watched."""
MOST_MISSES = 10
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


class HealthSettings(Settings, frozen=True):
    """``[health]``: how runs are asked whether they live."""

    every_s: float = 15.0
    """How often each is asked, in seconds; 0: never."""
    misses: int = 3
    """So many questions in a row without an answer, and it hangs."""
    services: dict[str, float] = msgspec.field(default_factory=dict)
    """``[health.services]``: how often the runs of single services are asked, in seconds (``billing = 60``); 0: never."""

    def __post_init__(self) -> None:
        """Refuse what would ask without end, or find nothing in time."""
        for service, every_s in {"": self.every_s, **self.services}.items():
            key = f"services.{service}" if service else "every_s"
            if service and not is_service_name(service):
                raise ConfigError("services", f"{service!r} is not a service name")
            if every_s and not SHORTEST_ASK_S <= every_s <= LONGEST_ASK_S:
                raise ConfigError(key, f"{every_s:g} is neither 0 nor between {SHORTEST_ASK_S:g} and {LONGEST_ASK_S:g}")
        if not 1 <= self.misses <= MOST_MISSES:
            raise ConfigError("misses", f"{self.misses} is not between 1 and {MOST_MISSES}")

    def every_s_of(self, service: str) -> float:
        """How often the runs of a service are asked, in seconds; 0: never."""
        return self.services.get(service, self.every_s)


NEEDS_RESTART = frozenset(
    (
        "communicator",
        "data_path",
        "flags_path",
        "watch.systemd",
        "watch.processes",
        "merge_s",
        "rules.a.ok_after_s",
        "keep_days",
        "definitions_path",
    )
)
"""Settings that what is open, or under way, is bound up with; all others follow a SIGHUP."""


class CanarySettings(Settings, frozen=True):
    """``canaryd.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    data_path: str = "/var/lib/bellwether"
    """Where the ledger and the orders are kept."""
    flags_path: str = DEFAULT_DIRECTORY
    """Where flags for operators are raised."""
    features_path: str = "/etc/bellwether/features.d"
    """Where the files ``*.json`` of this host are that define feature flags; read again at each SIGHUP."""
    definitions_path: tuple[str, ...] = ("/usr/share/bellwether/messages",)
    """Where definitions of commands are, as the router of this host reads them: which may be asked again, and what is secret."""
    mode: Literal["by-rule", "enforce", "dry-run"] = "by-rule"
    """For all rules; ``by-rule``: each rule has its own."""
    rules: RuleTables = RuleTables()
    ambient: AmbientSettings = AmbientSettings()
    caps: CapSettings = CapSettings()
    probes: ProbeSettings = ProbeSettings()
    canary: HostSettings = HostSettings()
    watch: WatchSettings = WatchSettings()
    health: HealthSettings = HealthSettings()
    deploy: DeploySettings = DeploySettings()
    services: dict[str, object] = msgspec.field(default_factory=dict)
    """``[services]``: a mode for single services, which goes before that of the rules."""
    merge_s: float = 5.0
    """How long a lost connection waits for a better word on how the run ended, in seconds."""
    keep_days: int = 365
    """How long entries of the ledger are kept one by one."""

    def __post_init__(self) -> None:
        """Refuse what is no address and no service."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
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
        for key, services in {"caps.protected": self.caps.protected, "canary.serves": self.canary.serves}.items():
            for service in services:
                if not is_service_name(service):
                    raise ConfigError(key, f"{service!r} is not a service name")
        for server in self.canary.hosts:
            if not is_server_name(server):
                raise ConfigError("canary.hosts", f"{server!r} is not a server name")

    @property
    def ledger_path(self) -> str:
        """The file of the ledger."""
        return f"{self.data_path.rstrip('/')}/canary.db"

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
            canary=self.canary,
            merge_s=self.merge_s,
            services={service: mode for mode in MODES for service, told in self.services.items() if told == mode},
        )
