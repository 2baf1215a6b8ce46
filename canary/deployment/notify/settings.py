"""PURE: the settings of those on this host who are told of each change of a deployment; it reads no file."""

from canary.deployment.http_address import require_url
from canary.deployment.setting_rules import Timed, require_command, require_time

LONGEST_S = 60.0
"""Whoever takes longer to hear a notification is told again."""
PLACES = frozenset(("notice",))


class Webhook(Timed, frozen=True, kw_only=True, tag_field="kind", tag="webhook"):
    """``kind = "webhook"``: each change is posted as JSON."""

    url: str
    """Where to: ``https://…``, or ``http://`` on this machine."""
    secret_file: str = ""
    """File with the key that the body is signed with (HMAC-SHA256); mode 0600."""
    ca: str = ""
    """File with the authorities that its certificate is verified with; empty: those of this machine."""

    def __post_init__(self) -> None:
        """Refuse what cannot be told, or would be told to anybody on the way."""
        require_url("url", self.url, carries_secret=True)
        require_time(self.timeout, LONGEST_S)


class NotifyingCommand(Timed, frozen=True, kw_only=True, tag_field="kind", tag="command"):
    """``kind = "command"``: a program is run for each change."""

    command: tuple[str, ...]
    """The program with its whole path, and its arguments, in which ``{notice}`` is the change as JSON."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        require_command(self.command, PLACES)
        require_time(self.timeout, LONGEST_S)


AnyTarget = Webhook | NotifyingCommand
