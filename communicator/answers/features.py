"""PURE: feature flags as a canary tells them: what services evaluate, what was evaluated, and what people see."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

NAME_CHARACTERS = 128
"""The longest name of a flag, of a variant or of a reason."""
PAGE_BYTES = 48 * 1024
"""The size of a page at most: a page must not delay who else uses the link."""
DEFINITION_BYTES = 16 * 1024
"""The size of one definition at most, as JSON."""
FEATURES = 10_000
"""Flags that the cluster holds at most."""

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS)]
Word = Annotated[str, Meta(max_length=NAME_CHARACTERS)]


class FlagsPage(msgspec.Struct, frozen=True):
    """One page of the flags in force (FEATURE_CURRENT_FLAGS)."""

    generation: str
    """Of all flags, when this page was written. Whoever has read all pages holds the generation of the first."""
    flags: dict[str, msgspec.Raw] = {}
    """A flag by name, in flagd's form; `null`: it is defined no more."""
    is_whole: bool = True
    """Whether the pages hold all flags there are; else they hold what has changed since the generation that was named."""
    after: str = ""
    """The name to ask for the next page with; empty: this is the last one."""


class Evaluated(msgspec.Struct, frozen=True, omit_defaults=True):
    """The value of a flag in one context (FEATURE_EVALUATED)."""

    reason: str
    """As OpenFeature names them, such as ``TARGETING_MATCH``; ``ERROR`` with an `error_code`."""
    value: msgspec.Raw = msgspec.Raw(b"null")
    """Null where the code's own default counts."""
    variant: str = ""
    error_code: str = ""
    """As OpenFeature names them, such as ``FLAG_NOT_FOUND``."""
    message: str = ""
    """What went wrong, for people."""


class Evaluations(msgspec.Struct, frozen=True, array_like=True):
    """How often one flag came to one variant for one reason."""

    feature: Name
    variant: Word
    reason: Word
    count: Annotated[int, Meta(ge=1, le=2**53)]


class Counts(msgspec.Struct, frozen=True):
    """What one process evaluated since it said so last (FEATURE_EVALUATIONS)."""

    evaluations: tuple[Evaluations, ...] = ()


class Off(msgspec.Struct, frozen=True, kw_only=True):
    """An order that a feature be off."""

    order: str
    """Its identifier."""
    reason: str
    by: str
    """Who gave it, such as ``root@alpha``."""
    given_ago_s: float
    left_s: float | None = None
    """None: until it is lifted."""


class Stale(msgspec.Struct, frozen=True):
    """One reason why a flag may have outlived its purpose."""

    reason: str
    """``expired``, ``one_sided``, ``never_evaluated`` or ``unknown``: asked for, but not defined."""
    since_ago_s: float
    """For how long that has been so."""
    text: str
    """In words."""


class FeatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feature flag."""

    feature: str
    definition: msgspec.Raw = msgspec.Raw(b"null")
    """In flagd's form; null: services ask for it, and nobody has defined it."""
    owner: str = ""
    type: str = ""
    """``release``, ``experiment``, ``operational``, ``kill-switch`` or ``permission``."""
    expires: str = ""
    """A date, such as ``2026-12-31``; empty: it has no lifetime."""
    file: str = ""
    """The file that defines it, with its host, such as ``alpha:/etc/bellwether/features.d/web.json``; empty: a command does."""
    by: str = ""
    """Who defined it last."""
    changed_ago_s: float = 0.0
    offs: tuple[Off, ...] = ()
    """The feature is off while there is one."""
    evaluated_ago_s: float | None = None
    """Since it was last evaluated anywhere, to a day's accuracy; None: never within 40 days."""
    evaluations: tuple[Evaluations, ...] = ()
    """On this host, since the canary started."""
    stale: tuple[Stale, ...] = ()


class FeatureReport(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the feature flags, as one canary knows them (CANARY_CURRENT_REPORT, features)."""

    server: str = ""
    generation: str = ""
    features: tuple[FeatureRow, ...] = ()
    """By name; of a brief report those that are off first, then those that are stale, each by name."""
    offset: int = 0
    """The number of the first one on this page."""
    total: int = 0
    """How many there are."""
    types: dict[str, int] = {}
    """How many of them are defined, by type."""
    off: int = 0
    """How many are off."""
    stale: int = 0
    """How many are stale."""
    differing: tuple[str, ...] = ()
    """Flags that a file of this host defines in another way than what is in force, each with the file and the reason, in words."""


def join_features(pages: Sequence[FeatureReport]) -> FeatureReport:
    """One report of the pages of a report; what changed in between may be told twice, and is there once.

    Args:
        pages: At least one, from the first on.
    """
    rows = {row.feature: row for page in pages for row in page.features}
    return msgspec.structs.replace(pages[0], features=tuple(rows.values()))
