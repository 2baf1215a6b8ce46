"""PURE: the settings of checks on this host: where metric servers are, and what commands measure; it reads no file."""

from canary.deployment.http_address import require_url
from canary.deployment.setting_rules import Timed, require_command, require_time
from communicator.errors import ConfigError

LONGEST_S = 300.0
"""A number that takes longer to find than five minutes is none of now."""
PLACES = frozenset(("service", "version", "since"))
"""What a check fills in: ``{since}`` in seconds."""


class MetricServer(Timed, frozen=True, kw_only=True):
    """``[deploy.metric_servers.NAME]``: a Prometheus, or what answers as one does."""

    url: str
    """Such as ``https://prometheus.example/prefix``; ``/api/v1/query`` is put behind it."""
    token_file: str = ""
    """File with a bearer token; mode 0600."""
    ca: str = ""
    """File with the authorities that its certificate is verified with; empty: those of this machine."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        require_url("url", self.url, carries_secret=bool(self.token_file))
        if "?" in self.url:
            raise ConfigError("url", f"{self.url[:200]!r} has a '?': it ends where /api/v1/query is put behind it")
        require_time(self.timeout, LONGEST_S)


class MeasuringCommand(Timed, frozen=True, kw_only=True):
    """``[deploy.commands.NAME]``: a program whose last line of output is a number, or two, as JSON."""

    command: tuple[str, ...]
    """The program with its whole path, and its arguments, in which ``{service}``, ``{version}`` and ``{since}`` are filled in."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        require_command(self.command, PLACES)
        require_time(self.timeout, LONGEST_S)
