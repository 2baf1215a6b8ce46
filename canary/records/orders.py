"""PURE: what operators ordered, and when that ends; it obeys none of it."""

from typing import Literal

import msgspec

from canary.records.facts import Record
from canary.records.names import ALL, OverrideAction


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who gave an order, as the router wrote it."""

    user: str
    server: str


class Overridden(Record, frozen=True, kw_only=True, omit_defaults=True, tag="overridden"):
    """An operator knows better."""

    number: int
    """In this ledger."""
    order: str = ""
    """Its identifier in the book of the cluster; empty: an elder release has taken it."""
    over: tuple[str, ...] = ()
    """The blocks of that book which do not hold where this one allows."""
    action: OverrideAction
    server: str = ALL
    service: str
    version: str
    build: str = ALL
    reason: str
    actor: Actor
    until_at_s: float


class OverrideEnded(Record, frozen=True, kw_only=True, omit_defaults=True, tag="override_ended"):
    """An override no longer holds."""

    number: int
    cause: Literal["expired", "replaced", "withdrawn"]
    actor: Actor | None = None


class Pardoned(Record, frozen=True, kw_only=True, omit_defaults=True, tag="pardoned"):
    """The evidence against a version is forgotten."""

    order: str = ""
    """Its identifier in the book of the cluster; empty: an elder release has taken it."""
    server: str = ALL
    service: str
    version: str
    build: str = ALL
    reason: str
    actor: Actor


class Frozen(Record, frozen=True, kw_only=True, omit_defaults=True, tag="frozen"):
    """No rule acts on a service, or on any; what they find is still told."""

    order: str = ""
    """Its identifier in the book of the cluster; empty: the rules did it, or an elder release has taken it."""
    scope: str = ALL
    """A service."""
    is_on: bool
    until_at_s: float | None = None
    reason: str = ""
    actor: Actor | None = None
    """None: too many verdicts at once did it."""


class FlagChanged(Record, frozen=True, kw_only=True, omit_defaults=True, tag="flag_changed"):
    """A feature flag was defined, removed, switched off, or switched on again."""

    feature: str
    action: Literal["defined", "removed", "off", "on", "expired"]
    """`on`: an `off` was lifted; `expired`: it has ended by itself."""
    order: str
    """Its identifier in the book of the cluster;"""
    place: str
    """and what has become of it: of an order its place, of a definition its stamp."""
    file: str = ""
    """Of a definition: the file that says so, with its host; empty: a command did."""
    sha256: str = ""
    """Of the definition."""
    span_s: float | None = None
    """Of an `off`: for how long; None: until it is lifted."""
    reason: str = ""
    actor: Actor | None = None
    ordered_wall_s: float = 0.0
    """Since 1970, by the wall clock of who ordered it: for people only."""
