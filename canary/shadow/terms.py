"""PURE: how one shadow is to be compared, and what is known of the commands it speaks."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from communicator.protocol.definitions import Catalogue
from communicator.protocol.definitions.definition import is_secret

Noise = Literal["second", "replay", "none"]
"""What tells noise from news: a second instance of the primary's version; asking the primary again; declared paths alone."""
REPLAYED = 0.01
"""The share of requests that are asked again: the primary has that much more to do for what is sampled, and no more."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the deployment of a shadow says of the comparison."""

    noise: Noise = "replay"
    replay: float = REPLAYED
    """Of `replay`: the share of the compared requests that the primary is asked again."""
    ignore: tuple[str, ...] = ()
    """Paths that may differ, and what lies below them, such as ``CHARGED.body.items[].id``; ``*`` stands for one part."""
    payloads: bool = False
    """Whether examples hold what was said; else its hashes."""


class Vocabulary(NamedTuple):
    """What definitions say of commands."""

    repeatable: frozenset[str] = frozenset()
    """Commands that may be asked again: asking twice does no more than asking once."""
    answers: Mapping[str, frozenset[str]] = {}
    """By command, what answers it."""
    secret: Mapping[str, frozenset[str]] = {}
    """By command, the parameters that nobody is to see."""

    def is_secret(self, command: str, parameter: str) -> bool:
        """Whether a value is never shown; what is called a password is not, whatever its definition says."""
        return is_secret(parameter) or parameter in self.secret.get(command, ())

    def may_hold_a_secret(self, command: str, text: str) -> bool:
        """Whether a value, perhaps JSON, may have one inside: it has the name of one, or escapes that could spell it."""
        return is_secret(text) or "\\u" in text or any(name in text for name in self.secret.get(command, ()))


def read_vocabulary(catalogue: Catalogue) -> Vocabulary:
    """What all definitions of a host say."""
    secret = {
        command: frozenset(name for name, parameter in definition.parameters.items() if parameter.is_secret)
        for command, definition in catalogue.definitions.items()
    }
    repeatable = frozenset(command for command, definition in catalogue.definitions.items() if definition.is_repeatable)
    answers = {command: frozenset(catalogue.definitions[command].replies) for command in repeatable}
    return Vocabulary(repeatable, answers, {command: names for command, names in secret.items() if names})
