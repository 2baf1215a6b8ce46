"""PURE: what the tables of `[deploy]` have in common: time limits, and commands that no shell reads."""

from collections.abc import Collection, Sequence

from canary.deployment.execution.placeholders import places_of
from communicator.errors import ConfigError, RemoteProtocolError
from communicator.protocol.values import parse_duration_s
from communicator.runtime.settings_type import Settings

SHORTEST_S, LONGEST_S = 0.1, 86_400.0
"""What may take longer than a day hangs."""
WORDS, CHARACTERS = 64, 4_096
"""Of a command: more is a script, which belongs into a file."""


class Timed(Settings, frozen=True):
    """A table of something that may take long."""

    timeout: str = "10s"
    """How long it may take, such as ``90s``; a command is killed then, with all that it has started."""

    @property
    def timeout_s(self) -> float:
        """The same in seconds."""
        return parse_duration_s(self.timeout)


def require_time(text: str, longest_s: float = LONGEST_S) -> None:
    """See that a time limit is one, such as ``90s``.

    Raises:
        ConfigError: It is none, or longer than anything may take.
    """
    try:
        time_s = parse_duration_s(text)
    except RemoteProtocolError as error:
        raise ConfigError("timeout", str(error)) from None
    if not SHORTEST_S <= time_s <= longest_s:
        raise ConfigError("timeout", f"{text!r} is not between {SHORTEST_S:g} s and {longest_s:g} s")


def require_command(words: Sequence[str], places: Collection[str]) -> None:
    """See that a command can be run, and has no place that nothing fills in.

    Args:
        words: The program with its whole path, and its arguments.
        places: What is filled in.

    Raises:
        ConfigError: It cannot, or has one.
    """
    if not words or not words[0].startswith("/"):
        raise ConfigError("command", "its first word must be the whole path of a program")
    if places_of(words[0]):
        raise ConfigError("command", f"{words[0]!r}: which program is run must not depend on a deployment")
    if len(words) > WORDS or sum(map(len, words)) > CHARACTERS:
        raise ConfigError("command", f"it has more than {WORDS} words or {CHARACTERS} characters: make a script of it")
    for word in words:
        if unknown := places_of(word).difference(places):
            raise ConfigError(
                "command", f"{word!r}: nothing fills in {{{min(unknown)}}}; {', '.join(sorted(places))} are"
            )
        if not word.isprintable():
            raise ConfigError("command", f"{word!r} holds characters that cannot be seen")
