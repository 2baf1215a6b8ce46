"""PURE: the settings of the executors of this host: what the name of one in a deployment means here."""

from canary.deployment.execution.placeholders import places_of
from canary.deployment.execution.unit_names import unit_of
from communicator.errors import ConfigError, RemoteProtocolError
from communicator.protocol.values import parse_duration_s
from communicator.runtime.settings_type import Settings

LONGEST_S = 86_400.0
"""An upgrade that may take longer than a day hangs."""
PLACES = frozenset(("verb", "service", "version", "previous", "build", "deployment", "step", "attempt"))
"""What a task fills in."""
UNIT_PLACES = frozenset(("service", "version"))
WORDS, CHARACTERS = 64, 4_096
"""Of a command: more is a script, which belongs into a file."""


class SystemdExecutor(Settings, frozen=True, tag_field="kind", tag="systemd"):
    """``kind = "systemd"``: a version runs in a unit that has its name."""

    unit: str = "{service}@{version}.service"
    """The name of the unit, with ``{service}`` and ``{version}``, which is escaped as by systemd-escape."""
    timeout: str = "2m"
    """How long a task may take, such as ``90s``; what has not started by then is stopped."""

    def __post_init__(self) -> None:
        """Refuse what would never name the unit of a version."""
        _require_time(self.timeout)
        unknown = places_of(self.unit) - UNIT_PLACES
        if unknown or "version" not in places_of(self.unit):
            raise ConfigError(
                "unit", f"{self.unit!r} needs {{version}}, may have {{service}}, and nothing else in braces"
            )
        try:
            unit_of(self.unit, "service", "1")
        except ValueError as error:
            raise ConfigError("unit", str(error)) from None

    @property
    def timeout_s(self) -> float:
        """The time limit in seconds."""
        return parse_duration_s(self.timeout)


class CommandExecutor(Settings, frozen=True, tag_field="kind", tag="command"):
    """``kind = "command"``: a program does it."""

    command: tuple[str, ...]
    """The program with its whole path, and its arguments, in which ``{verb}``, ``{service}``, ``{version}``, ``{previous}``,
    ``{build}``, ``{deployment}``, ``{step}`` and ``{attempt}`` are filled in; no shell reads them."""
    timeout: str = "10m"
    """How long it may take, such as ``90s``; then it is killed, with all that it has started."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run, or has a place that nothing fills in."""
        _require_time(self.timeout)
        if not self.command or not self.command[0].startswith("/"):
            raise ConfigError("command", "its first word must be the whole path of a program")
        if len(self.command) > WORDS or sum(map(len, self.command)) > CHARACTERS:
            raise ConfigError(
                "command", f"it has more than {WORDS} words or {CHARACTERS} characters: make a script of it"
            )
        if places_of(self.command[0]):
            raise ConfigError("command", f"{self.command[0]!r}: which program is run must not depend on a deployment")
        for word in self.command:
            if unknown := places_of(word) - PLACES:
                raise ConfigError(
                    "command", f"{word!r}: nothing fills in {{{min(unknown)}}}; {', '.join(sorted(PLACES))} are"
                )
            if not word.isprintable():
                raise ConfigError("command", f"{word!r} holds characters that cannot be seen")

    @property
    def timeout_s(self) -> float:
        """The time limit in seconds."""
        return parse_duration_s(self.timeout)


AnyExecutor = SystemdExecutor | CommandExecutor


def _require_time(text: str) -> None:
    try:
        time_s = parse_duration_s(text)
    except RemoteProtocolError as error:
        raise ConfigError("timeout", str(error)) from None
    if not 0 < time_s <= LONGEST_S:
        raise ConfigError("timeout", f"{text!r} is not between 1s and 1d")
