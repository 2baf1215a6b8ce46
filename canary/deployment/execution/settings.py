"""PURE: the settings of the executors of this host: what the name of one in a deployment means here."""

from canary.deployment.execution.placeholders import places_of
from canary.deployment.execution.unit_names import unit_of
from canary.deployment.setting_rules import Timed, require_command, require_time
from communicator.errors import ConfigError

PLACES = frozenset(("verb", "service", "version", "previous", "build", "deployment", "step", "attempt"))
"""What a task fills in."""
UNIT_PLACES = frozenset(("service", "version"))


class SystemdExecutor(Timed, frozen=True, kw_only=True, tag_field="kind", tag="systemd"):
    """``kind = "systemd"``: a version runs in a unit that has its name."""

    unit: str = "{service}@{version}.service"
    """The name of the unit, with ``{service}`` and ``{version}``, which is escaped as by systemd-escape."""
    timeout: str = "2m"
    """How long a task may take, such as ``90s``; what has not started by then is stopped."""

    def __post_init__(self) -> None:
        """Refuse what would never name the unit of a version."""
        require_time(self.timeout)
        unknown = places_of(self.unit) - UNIT_PLACES
        if unknown or "version" not in places_of(self.unit):
            raise ConfigError(
                "unit", f"{self.unit!r} needs {{version}}, may have {{service}}, and nothing else in braces"
            )
        try:
            unit_of(self.unit, "service", "1")
        except ValueError as error:
            raise ConfigError("unit", str(error)) from None


class CommandExecutor(Timed, frozen=True, kw_only=True, tag_field="kind", tag="command"):
    """``kind = "command"``: a program does it."""

    command: tuple[str, ...]
    """The program with its whole path, and its arguments, in which ``{verb}``, ``{service}``, ``{version}``, ``{previous}``,
    ``{build}``, ``{deployment}``, ``{step}`` and ``{attempt}`` are filled in; no shell reads them."""
    timeout: str = "10m"
    """How long it may take, such as ``90s``; then it is killed, with all that it has started."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run, or has a place that nothing fills in."""
        require_time(self.timeout)
        require_command(self.command, PLACES)


AnyExecutor = SystemdExecutor | CommandExecutor
