"""PURE: what a canary tells of its ledger: why a version is where it is, entries, and whether they hold, as written and read."""

from typing import Annotated

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One entry of the ledger."""

    seq: int = 0
    at_s: float = 0.0
    """By the ledger's clock."""
    wall_s: float = 0.0
    """Since the epoch."""
    what: str = ""
    effect: str = ""
    """``counted``, ``discarded``, ``decided``, ``held back`` or ``ordered``."""
    why: str = ""


class Measure(msgspec.Struct, frozen=True):
    """A number that a rule looks at, and its limit."""

    rule: str = ""
    what: str = ""
    value: float = 0.0
    limit: float = 0.0


class Explanation(msgspec.Struct, frozen=True):
    """The view ``explain``: why a version on a server is where it is."""

    server: str = ""
    service: str = ""
    version: str = ""
    build: str = ""
    state: str = "unknown"
    """``unknown`` when it never ran."""
    reason: str = ""
    measures: tuple[Measure, ...] = ()
    held_back_by: str = ""
    """The cap that forbids a verdict now; empty when none does."""
    next: str = ""
    """What comes next."""
    next_seconds: float | None = None
    """When time alone moves it, from now."""
    unheard: tuple[str, ...] = ()
    """On a canary host: commands that it lists and that never came to it there."""
    lines: tuple[Line, ...] = ()
    """The newest last."""
    omitted: int = 0
    """Older entries that are not told."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One entry of the ledger, as it is kept."""

    seq: int
    at_s: float = 0.0
    """By the ledger's clock."""
    wall_s: float = 0.0
    """Since the epoch."""
    record: msgspec.Raw = msgspec.Raw(b"null")


class LedgerPage(msgspec.Struct, frozen=True):
    """The view ``events``: some entries of the ledger, in order."""

    entries: tuple[Annotated[msgspec.Raw, LedgerEntry], ...]
    """Each as it was written: whoever passes it on loses nothing of it."""
    last_seq: int
    """Of the newest entry there is; when these do not reach so far, there are more."""
    total: int = 0
    """How many there are from the first of these on."""


class LedgerCheck(msgspec.Struct, frozen=True):
    """The view ``verify``: whether the ledger is as it was written."""

    entries: int = 0
    """Those that are as they were written."""
    ok: bool = False
    """All are."""
    first_break: int | None = None
    """The number of the first entry that is not as it was written."""
    reason: str = ""
    """What is wrong with it."""
