"""PURE: what the ledger is told of feature flags, so that who changed which and when outlives the book; nothing goes by it."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from canary.book.book import Book
from canary.book.definition import Definition
from canary.book.entry import Entry
from canary.records import Actor, FlagChanged

RECORDS = 500
"""What is told at once: so much is written without anybody's noticing."""
QUIET_S = 1.0
"""When more than that have changed the ledger waits for so long without another change: services are to have them first."""
LATEST_S = 30.0
"""And it does not wait longer than that."""
_ENDS: Mapping[str, Literal["on", "expired"]] = {"lifted": "on", "expired": "expired"}


class Untold(NamedTuple):
    """What the ledger lacks."""

    records: tuple[FlagChanged, ...]
    """Some of it, the oldest first."""
    revision: int
    """Of the book: the ledger has all that changed until then."""


class Lull:
    """Tells when the ledger is to hear of flags."""

    def __init__(self) -> None:
        self._seen = -1
        """The revision of the book,"""
        self._seen_s = -math.inf
        """and since when it has been that one."""
        self._waits_since_s = math.inf

    def is_there(self, book: Book, since: int, now_s: float) -> bool:
        """Whether now is the time.

        Args:
            book: What is known of flags.
            since: A revision of the book: the ledger has all that changed until then.
            now_s: On the clock of this host.
        """
        if book.revision != self._seen:
            self._seen, self._seen_s = book.revision, now_s
        if (
            len(tuple(islice(book.features_changed(since), RECORDS + 1))) <= RECORDS
        ):  # not all: it is asked again and again
            self._waits_since_s = math.inf
            return True
        self._waits_since_s = min(self._waits_since_s, now_s)
        return now_s >= min(self._seen_s + QUIET_S, self._waits_since_s + LATEST_S)


def untold(book: Book, told: Mapping[str, str], since: int) -> Untold:
    """What the ledger is to be told.

    Args:
        book: What is known of flags.
        told: By identifier of an entry, what the ledger says has become of it.
        since: A revision of the book: the ledger has all that changed until then.
    """
    records: list[FlagChanged] = []
    for feature, revision in reversed(tuple(book.features_changed(since))):
        records += untold_of(book, feature, told)
        if len(records) >= RECORDS:
            break
        if not records:
            since = revision
    return Untold(tuple(records), since)


def place_of(definition: Definition) -> str:
    """What tells a definition from others of the same flag, such as ``3@alpha``."""
    return f"{definition.stamp.counter}@{definition.stamp.origin}"


def untold_of(book: Book, feature: str, told: Mapping[str, str]) -> Iterator[FlagChanged]:
    """What the ledger is to be told of one flag.

    Args:
        book: What is known of it.
        feature: Which one.
        told: As for `untold`.
    """
    definition = book.definition(feature)
    if definition is not None and told.get(definition.id) != place_of(definition):
        yield _defined(definition)
    for order_id, entry in book.offs(feature).items():
        if order_id not in told:
            yield _off(order_id, entry)
        if entry.place in _ENDS and told.get(order_id) != entry.place:
            yield _ended(order_id, entry)


def _defined(definition: Definition) -> FlagChanged:
    return FlagChanged(
        feature=definition.feature,
        action="removed" if definition.flag is None else "defined",
        order=definition.id,
        place=place_of(definition),
        file=definition.file,
        sha256="" if definition.flag is None else hashlib.sha256(definition.flag).hexdigest(),
        reason=definition.reason,
        actor=Actor(user=definition.user, server=definition.given_on),
        ordered_wall_s=definition.wall_s,
    )


def _off(order_id: str, entry: Entry) -> FlagChanged:
    order = entry.order
    return FlagChanged(
        feature=order.feature,
        action="off",
        order=order_id,
        place="open",
        span_s=order.span_s,
        reason=order.reason,
        actor=Actor(user=order.user, server=order.given_on),
        ordered_wall_s=order.wall_s,
    )


def _ended(order_id: str, entry: Entry) -> FlagChanged:
    lift = entry.lift
    return FlagChanged(
        feature=entry.order.feature,
        action=_ENDS[entry.place],
        order=order_id,
        place=entry.place,
        reason="" if lift is None else lift.reason,
        actor=None if lift is None else Actor(user=lift.user, server=lift.given_on),
        ordered_wall_s=entry.order.wall_s + (entry.order.span_s or 0.0) if lift is None else lift.wall_s,
    )
