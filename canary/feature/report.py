"""PURE: what the canary tells people of feature flags, in pages; which are stale, and why; it evaluates none."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from canary.book.book import Book
from canary.book.definition import Definition
from canary.book.entry import Entry
from canary.feature.tally import DAY_S, Tally
from canary.report import ANSWER_BYTES, wire_bytes
from communicator.answers.features import FeatureReport, FeatureRow, Off, Stale
from communicator.features.document import About, about
from communicator.features.staleness import Facts, stale
from communicator.protocol import Message

ROWS = 512
"""Rows of a page at most: made without holding anything else up."""
OFFS = 16
"""Orders that one flag be off which are told: the newest."""
DIFFERING = 256
FORGOTTEN_S = 7 * DAY_S
"""A flag that nobody has defined is told of for so long after it was asked for last."""
_UNSOUND = (ValueError, LookupError, TypeError, AttributeError)
"""What comes of reading a definition that nobody checked."""


class Outline(NamedTuple):
    """What all flags have to be read for, as it was found a moment ago."""

    stale: frozenset[str] = frozenset()
    """Names of those that may have outlived their purpose."""
    types: Mapping[str, int] = {}
    """How many are defined, by type."""
    off: frozenset[str] = frozenset()
    """Names of those that are off."""


class Known(NamedTuple):
    """What a report is made of."""

    book: Book
    tally: Tally
    elsewhere: Mapping[str, float]
    """By flag, when it was last evaluated on another host: since 1970, by the wall clock of this one."""
    server: str
    generation: str
    now_s: float
    """On the clock of the book."""
    wall_s: float
    """Since 1970."""
    differing: tuple[str, ...] = ()
    outline: Outline = Outline()


class Row(NamedTuple):
    """A flag, before it is told."""

    feature: str
    definition: Definition | None
    """None: services ask for it, and nobody has defined it."""
    offs: Sequence[tuple[str, Entry]]
    facts: Facts


def names(known: Known) -> list[str]:
    """All flags that there is something to tell of."""
    defined = {name for name in known.book.features() if _is_there(known.book, name)}
    return sorted(defined.union(name for name in known.tally.features() if _is_missed(known, name)))


def worst_first(names: Sequence[str], outline: Outline) -> list[str]:
    """Those that are off, then those that are stale, then the others.

    Args:
        names: Of all flags, in order.
        outline: Which are off or stale.
    """
    return sorted(names, key=lambda name: (name not in outline.off, name not in outline.stale))


def row(known: Known, feature: str) -> Row:
    """What is known of a flag."""
    definition = known.book.definition(feature)
    if definition is not None and definition.flag is None:
        definition = None
    offs = [each for each in known.book.offs(feature).items() if each[1].is_open]
    asked = known.tally.asked(feature)
    began = known.tally.first_day * DAY_S
    since_s = known.wall_s if asked is None else asked.first * DAY_S
    facts = Facts(
        flag=None if definition is None else definition.flag,
        changed_s=since_s if definition is None else known.wall_s - max(0.0, known.now_s - definition.at_s),
        off_since_s=min((known.wall_s - _age_s(entry, known) for _, entry in offs), default=None),
        evaluated_s=_evaluated_s(known, feature),
        counted_s=began,
    )
    return Row(feature, definition, offs, facts)


def describe(found: Row, known: Known, *, is_brief: bool = False) -> FeatureRow:
    """A flag as it is told; briefly: without its definition."""
    definition, facts = found.definition, found.facts
    told = _about(definition)
    return FeatureRow(
        feature=found.feature,
        definition=msgspec.Raw(b"null" if facts.flag is None or is_brief else facts.flag),
        owner=told.owner,
        type=told.type,
        expires=told.expires,
        file="" if definition is None else definition.file,
        by="" if definition is None else definition.by,
        changed_ago_s=0.0 if definition is None else max(0.0, known.now_s - definition.at_s),
        offs=tuple(_describe_off(*each, known) for each in found.offs[-OFFS:]),
        evaluated_ago_s=None if facts.evaluated_s is None else max(0.0, known.wall_s - facts.evaluated_s),
        evaluations=known.tally.evaluations(found.feature),
        stale=() if definition is None and not known.tally.asked(found.feature) else why_stale(facts, known.wall_s),
    )


def why_stale(facts: Facts, wall_s: float) -> tuple[Stale, ...]:
    """Why a flag may have outlived its purpose; a definition that makes no sense says nothing of that.

    Args:
        facts: Of the flag.
        wall_s: Since 1970.
    """
    try:
        return stale(facts, wall_s)
    except _UNSOUND:
        return ()


def type_of(found: Row) -> str:
    """The type of a flag; empty: it is not defined, or its definition makes no sense."""
    return _about(found.definition).type


def names_off(known: Known) -> frozenset[str]:
    """Names of the flags that are off."""
    return frozenset(name for name in known.book.features() if _is_off(known.book, name))


def answer(rows: Sequence[FeatureRow], known: Known, offset: int, total: int) -> Message:
    """A page as CANARY_CURRENT_REPORT: as many of the rows as fit into a line.

    Args:
        rows: From the one on that was asked for.
        known: What they were made of.
        offset: The number of the first one.
        total: How many there are.
    """
    count = len(rows)
    while True:
        told = FeatureReport(
            server=known.server,
            generation=known.generation,
            features=tuple(rows[:count]),
            offset=offset,
            total=total,
            types=dict(known.outline.types),
            off=len(known.outline.off),
            stale=len(known.outline.stale),
            differing=known.differing[:DIFFERING],
        )
        text = msgspec.json.encode(told).decode()
        if count <= 1 or wire_bytes(text) <= ANSWER_BYTES:
            return Message("CANARY_CURRENT_REPORT", {"report": text})
        count //= 2


def _is_there(book: Book, feature: str) -> bool:
    definition = book.definition(feature)
    is_defined = definition is not None and definition.flag is not None
    return is_defined or _is_off(book, feature)


def _is_off(book: Book, feature: str) -> bool:
    return any(entry.is_open for entry in book.offs(feature).values())


def _is_missed(known: Known, feature: str) -> bool:
    """Whether a flag that nobody has defined was asked for lately, and not only before it was removed."""
    asked, definition = known.tally.asked(feature), known.book.definition(feature)
    if asked is None or (definition is not None and definition.flag is not None):
        return False
    last_s = asked.last * DAY_S
    removed_s = 0.0 if definition is None else known.wall_s - max(0.0, known.now_s - definition.at_s)
    return last_s > known.wall_s - FORGOTTEN_S and last_s > removed_s


def _evaluated_s(known: Known, feature: str) -> float | None:
    """When it was last evaluated anywhere: of a day that is over, its end."""
    asked = known.tally.asked(feature)
    here = [] if asked is None else [min(known.wall_s, (asked.last + 1) * DAY_S)]
    there = known.elsewhere.get(feature)
    return max([*here, *([] if there is None else [there])], default=None)


def _age_s(entry: Entry, known: Known) -> float:
    """For how long an off has stood: by its span where it has one, else by the wall clock of who gave it, which may be wrong."""
    order = entry.order
    if order.span_s is not None:
        return max(0.0, order.span_s - (entry.ends_s - known.now_s))
    return max(0.0, known.wall_s - order.wall_s)


def _describe_off(order_id: str, entry: Entry, known: Known) -> Off:
    left_s = None if entry.order.span_s is None else max(0.0, entry.ends_s - known.now_s)
    return Off(
        order=order_id,
        reason=entry.order.reason,
        by=entry.order.by,
        given_ago_s=_age_s(entry, known),
        left_s=left_s,
    )


def _about(definition: Definition | None) -> About:
    try:
        return About() if definition is None or definition.flag is None else about(definition.flag)
    except _UNSOUND:
        return About()
