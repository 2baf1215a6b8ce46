"""What one message may hold, as values; how that is written in files, and how it is checked, is told elsewhere."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from communicator.protocol.definitions.validator import Validator

_SECRET_WORDS = ("password", "secret")


class Scope(StrEnum):
    """How far a message may go."""

    LOCAL = "local"
    """It stays on the host of its sender."""
    CLUSTER = "cluster"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a message, or of every message."""

    name: str
    description: str = ""
    type: str = "string"
    required: bool = False
    may_be_empty: bool = False
    forbidden: bool = False
    """It must not be there: the ancestor's way to withdraw a parameter."""
    has_flags: bool = True
    """Whether a file says so, or nothing: the ancestor takes it for required then, but it may be empty."""
    validators: tuple[Validator, ...] = ()
    """All must accept a value that is not empty."""
    shape: str = ""
    """What its JSON holds, by the name that the reference has for it; of the suite's own, a Struct of `communicator.answers`."""
    secret: bool = False
    """Whether its definition says that nobody is to see its value."""
    source: str = ""
    """The file it was read from, as people know it."""
    line: int = 0

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown: its definition says so, or its name does."""
        return self.secret or is_secret(self.name)


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What may be in the messages of one command."""

    command: str
    description: str = ""
    subject: str = ""
    """What it has to do with, for the reference; empty in files of others."""
    rule: str = ""
    """Who may say it, where the router sees to that; see `communicator.protocol.definitions.speakers`."""
    sender: str = ""
    """Who says it, for people; without a word on that, whom the rule means."""
    receiver: str = ""
    """To whom it is said, for people."""
    may_be_broadcast: bool = True
    scope: Scope = Scope.CLUSTER
    replies: tuple[str, ...] = ()
    """The commands that answer it."""
    is_repeatable: bool = False
    """It is a request that may be said twice without harm: to learn in what two answers of one version differ."""
    parameters: Mapping[str, Parameter] = {}
    source: str = ""


def is_secret(name: str) -> bool:
    """Whether the value of a parameter of this name is never shown, whatever defines it."""
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_WORDS)
