"""PURE: an order as an operator gives it, and what became of it in the book; it reads and enters none."""

from typing import Literal, NamedTuple

from canary.book.entry import Lift
from canary.evidence.life import TEXT_CHARACTERS
from canary.records import ALL, Actor, Version

ANY = Version("", "", ALL)
"""Of an order that is about no version."""


class Stamp(NamedTuple):
    """What makes an order this one, beside what it says."""

    server: str
    """Whose canary takes it."""
    nonce: str
    """Random: 16 to 32 characters."""
    wall_s: float
    """Since 1970, for people only."""


class Entered(NamedTuple):
    """What became of an order in the book."""

    order_id: str
    """Of the new one, or of the definition of a flag; empty where there is none."""
    lifted: tuple[str, ...] = ()
    """The orders that it has ended."""
    note: str = ""
    """What whoever gave it has to know."""

    @property
    def concerned(self) -> tuple[str, ...]:
        """All that have changed."""
        return (*filter(None, (self.order_id,)), *self.lifted)


class Command(NamedTuple):
    """One order, read."""

    name: str
    version: Version
    """Its build is `ALL` where none was named; service and version are empty where the order needs none."""
    server: str
    """`ALL` where none was named."""
    duration_s: float
    """0 where the order needs none."""
    reason: str
    actor: Actor
    feature: str = ""
    """Empty where the order is about no flag."""
    definition: bytes = b""
    """How the flag is to be defined, as canonical JSON; empty where the order does not say."""

    @property
    def user(self) -> str:
        """Who gives it, as it is kept."""
        return self.actor.user[:TEXT_CHARACTERS]

    def lift(self, stamp: Stamp, cause: Literal["withdrawn", "replaced"]) -> Lift:
        """How it ends another order."""
        return Lift(cause=cause, user=self.user, given_on=self.actor.server, reason=self.reason, wall_s=stamp.wall_s)
