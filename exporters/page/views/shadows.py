"""PURE: shadows as the page shows them: what each means, what is copied and compared, and where it differs; it compares nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.shadows import Difference
from communicator.wording.counts import count
from communicator.wording.marks import Mark
from communicator.wording.releases import odds_text, version_text
from communicator.wording.shadow_picture import Seen, Side
from communicator.wording.shadows import (
    VERDICTS,
    comparison_text,
    conversations_text,
    difference_mark,
    difference_word,
    evidence_words,
    fence_lines,
    latency_text,
    mirror_mark,
    mirror_text,
    share_text,
)
from exporters.page.views.addresses import stable_id
from exporters.page.words import opened

_PLACES = 5
"""Of each primary; all of them where all is to be shown."""


@dataclass(frozen=True, slots=True)
class PlaceItem:
    """One place in replies that differs."""

    mark: Mark
    path: str
    word: str
    differing: str
    noise: str
    evidence: str


@dataclass(frozen=True, slots=True)
class SideItem:
    """What is copied from one primary, and compared with it."""

    server: str
    lines: Sequence[tuple[Mark, str]]
    facts: Sequence[str]
    places: Sequence[PlaceItem]
    hidden_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowItem:
    """One shadow."""

    id: str
    mark: Mark
    service: str
    version: str
    server: str
    word: str
    meaning: str
    next: str
    share: str
    sides: Sequence[SideItem]
    fence: Sequence[tuple[Mark, str]]


@dataclass(frozen=True, slots=True)
class ShadowsView:
    """All of them."""

    items: Sequence[ShadowItem]
    hidden_text: str


def shadows_view(shadows: Sequence[Seen], shown: int | None) -> ShadowsView:
    """Shadows, those that differ first.

    Args:
        shadows: As they were put together.
        shown: How many at most; None: all, with all places that differ.
    """
    hidden = len(shadows[shown:]) if shown is not None else 0
    items = [_item(one, is_full=shown is None) for one in shadows[:shown]]
    return ShadowsView(items, f"and {count(hidden, 'more shadow')}" if hidden else "")


def mark_of(one: Seen) -> Mark:
    """How well a shadow does."""
    return one.standing[0]


def notice_of(one: Seen) -> tuple[Mark, str]:
    """What is said of a shadow where its deployment is shown."""
    return mark_of(one), f"its shadow on {one.server}: {one.meaning}"


def _item(one: Seen, *, is_full: bool) -> ShadowItem:
    entry = one.entry
    return ShadowItem(
        id=stable_id("shadow", one.service, one.version, one.server),
        mark=mark_of(one),
        service=one.service,
        version=version_text(one.version, one.build),
        server=one.server,
        word=one.standing[1],
        meaning=opened(one.meaning),
        next=opened(one.next),
        share="" if entry is None or not entry.primary else opened(share_text(entry.share, entry.key)),
        sides=[_side(side, is_full=is_full) for side in one.sides if side.mirror or side.comparison],
        fence=[] if one.fence is None else list(fence_lines(one.fence, "" if entry is None else entry.unit)),
    )


def _side(side: Side, *, is_full: bool) -> SideItem:
    found = side.comparison
    places = () if found is None else found.differences
    shown = places if is_full else places[:_PLACES]
    hidden = len(places) - len(shown) + (0 if found is None else found.omitted)
    return SideItem(
        server=side.server,
        lines=list(_lines(side)),
        facts=list(_facts(side)),
        places=[] if found is None else [_place(one, found.limit_log10) for one in shown],
        hidden_text=f"and {count(hidden, 'more place')}" if hidden else "",
    )


def _lines(side: Side) -> Iterator[tuple[Mark, str]]:
    if side.mirror is not None:
        yield mirror_mark(side.mirror), opened(mirror_text(side.mirror))
    if side.comparison is not None:
        yield VERDICTS[side.verdict], opened(comparison_text(side.comparison))


def _facts(side: Side) -> Iterator[str]:
    if side.mirror is not None:
        yield opened(conversations_text(side.mirror))
    if side.comparison is not None:
        yield opened(evidence_words(side.comparison))
        yield from filter(None, [opened(latency_text(side.comparison))])


def _place(one: Difference, limit_log10: float) -> PlaceItem:
    return PlaceItem(
        difference_mark(one, limit_log10),
        one.path,
        difference_word(one),
        f"{one.differing:,} of {one.compared:,}",
        f"{one.noise_differing:,} of {one.noise_compared:,}" if one.noise_compared else "",
        odds_text(one.log10_evidence) if one.log10_evidence > 0 else "",
    )
