"""PURE: the canary's view ``explain`` of one version on one server, as values; it asks nobody, and judges nothing itself."""

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
    """Why a version on a server is where it is."""

    server: str = ""
    service: str = ""
    version: str = ""
    build: str = ""
    state: str = "unknown"
    reason: str = ""
    measures: tuple[Measure, ...] = ()
    held_back_by: str = ""
    next: str = ""
    """What comes next."""
    next_seconds: float | None = None
    """When, from now."""
    lines: tuple[Line, ...] = ()
    omitted: int = 0
    """Older entries that are not told."""
