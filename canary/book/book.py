"""PURE: orders, decisions and flags of the cluster as one host knows them: taken, merged with others, compared by digests."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from canary.book.decision import NUMBER_AHEAD, Body, Decided, Decision, Stamp, as_told, subject_id
from canary.book.definition import COUNTER_AHEAD, Definition, id_of_feature
from canary.book.entry import TOMBSTONE_S, Entry, Lift
from canary.book.flags import Flags
from canary.book.order import Order
from canary.book.subjects import DECISIONS, Subjects
from canary.book.texts import Texts
from canary.book.told import BookEntry
from canary.records import OfLeader

BUCKETS = 256
ENTRIES = 10_000
"""Orders remembered, with those that are over: 330 a day;"""
OFFS = 2_000
"""and beyond them, so that a flag can be switched off when nobody can order anything else."""
_MARK_BYTES = 8
DIGESTS_BYTES = BUCKETS * _MARK_BYTES
SAME_S = 1.0
"""Ends that differ by less are the same: a message took the difference."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """An entry in its place in the book."""

    entry: BookEntry
    mark: int
    """A digest of its identifier and of what has become of it."""
    revision: int
    """Of the book, when that changed last."""


class BookFullError(Exception):
    """There is no room for another order."""


class Book:
    """The orders, decisions and flags that this host knows of."""

    def __init__(self) -> None:
        self.revision = 0
        """Grows with each change."""
        self._held: dict[str, Held] = {}
        self._open: dict[str, None] = {}
        """The orders that are neither expired nor lifted."""
        self._subjects = Subjects()
        self._flags = Flags()
        self._buckets: list[dict[str, None]] = [{} for _ in range(BUCKETS)]
        """What lies in each."""
        self._digests = [0] * BUCKETS
        self._rules = 0
        """A digest of all but what is about flags."""
        self._generation: tuple[int, str] = (-1, "")
        """The revision for which it was made, and what it is."""
        self._texts = Texts(ENTRIES)
        self._deadline_s: float | None = None
        """Nothing ends before; that the first one may have got a later end meanwhile is seen when it is due."""

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._held

    def entry(self, order_id: str) -> Entry | None:
        """What is known of an order; None: nothing."""
        held = self._held.get(order_id)
        return held.entry if held is not None and isinstance(held.entry, Entry) else None

    def find(self, entry_ids: Iterable[str]) -> list[BookEntry]:
        """What is known of some orders and decisions, by identifier."""
        return [self._held[entry_id].entry for entry_id in entry_ids if entry_id in self._held]

    def definition(self, feature: str) -> Definition | None:
        """How a flag is defined, which may say that it is removed; None: nothing is known of it."""
        held = self._held.get(id_of_feature(feature))
        return held.entry if held is not None and isinstance(held.entry, Definition) else None

    def offs(self, feature: str) -> dict[str, Entry]:
        """The orders about a flag, those that are over too, by identifier: it is off while one of them is open."""
        found = {entry_id: self._held[entry_id].entry for entry_id in self._flags.entries(feature)}
        return {entry_id: entry for entry_id, entry in found.items() if isinstance(entry, Entry)}

    @property
    def flags(self) -> int:
        """How many flags are defined."""
        return self._flags.defined

    @property
    def flags_bytes(self) -> int:
        """What their definitions take."""
        return self._flags.bytes

    def features(self) -> Iterator[str]:
        """The flags of which anything is known."""
        return iter(self._flags)

    def features_changed(self, since: int) -> Iterator[tuple[str, int]]:
        """The flags about which anything has changed after a revision of the book, and in which; the newest change first.

        Read it before the book changes again.
        """
        return self._flags.changed(since)

    @property
    def latest(self) -> tuple[int, str]:
        """The term of the newest decision that was ever known, and who led then."""
        return self._subjects.latest

    def changed_in(self, order_id: str) -> int:
        """The revision of the book in which an order changed last; 0 when it is not known."""
        held = self._held.get(order_id)
        return 0 if held is None else held.revision

    def entries(self) -> Iterator[tuple[str, BookEntry]]:
        """All that is known, by identifier."""
        return ((entry_id, held.entry) for entry_id, held in self._held.items())

    def orders(self) -> Iterator[tuple[str, Entry]]:
        """The orders, those that are over too, by identifier."""
        found = ((order_id, held.entry) for order_id, held in self._held.items())
        return ((order_id, entry) for order_id, entry in found if isinstance(entry, Entry))

    def decisions(self, since: int = -1) -> Iterator[tuple[str, Decided]]:
        """What leaders have decided, by identifier.

        Args:
            since: Only what has changed after that revision of the book.
        """
        changed = ((entry_id, self._held[entry_id]) for entry_id in self._subjects)
        found = ((entry_id, held.entry) for entry_id, held in changed if held.revision > since)
        return ((entry_id, entry) for entry_id, entry in found if isinstance(entry, Decided))

    @property
    def proposed(self) -> tuple[str, ...]:
        """The decisions that wait for a majority of the members, by identifier."""
        return self._subjects.proposed

    def in_force(self, now_s: float) -> Iterator[tuple[str, Entry]]:
        """The orders that neither have expired nor were lifted, by identifier."""
        found = ((order_id, self._held[order_id].entry) for order_id in self._open)
        return ((order_id, entry) for order_id, entry in found if isinstance(entry, Entry) and entry.ends_s > now_s)

    def take(self, order: Order, now_s: float) -> str:
        """Take an order that was given here.

        Returns:
            Its identifier.

        Raises:
            BookFullError: Too many are remembered.
        """
        entry = Entry(order, "open", now_s + order.longest_s)
        if not self.merge(entry) and entry.id not in self._held:
            raise BookFullError(f"{ENTRIES} orders are remembered, more than anybody gives")
        return entry.id

    def lift(self, order_ids: Iterable[str], lift: Lift, now_s: float) -> None:
        """Lift orders that are known here, and no others."""
        for entry in self.find(order_ids):
            if isinstance(entry, Entry) and entry.is_open:
                self.merge(Entry(entry.order, "lifted", now_s + TOMBSTONE_S, lift))

    def propose(self, body: Body, leader: str, term: int, now_s: float, wall_s: float) -> str:
        """Note what we, who lead, have decided.

        Args:
            body: What was decided, its end on the clock of this host.
            leader: This server.
            term: In which it leads.
            now_s: On the clock of this host.
            wall_s: By its wall clock.

        Returns:
            Its identifier; empty when the book says so already.
        """
        number = self._subjects.number(term, leader) + 1
        decided = Decided(None, Decision(Stamp(term, leader, number), as_told(body), now_s, wall_s))
        held = self._held.get(decided.id)
        if held is not None and isinstance(held.entry, Decided) and held.entry.says(body):
            return ""
        self.merge(decided)
        return decided.id

    def newest(self, body: OfLeader) -> tuple[int, str, int] | None:
        """The stamp of the newest decision about the subject of one; None: there is none."""
        held = self._held.get(subject_id(body))
        if held is None or not isinstance(held.entry, Decided):
            return None
        stamp = held.entry.newest.stamp
        return stamp.term, stamp.leader, stamp.number

    def commit(self, entry_id: str) -> None:
        """A majority of the members holds what is proposed of a subject."""
        held = self._held[entry_id]
        if isinstance(held.entry, Decided):
            self.merge(held.entry.commit())

    def require_near(self, entry: BookEntry, term: int) -> None:
        """See to it that the numbers of a decision or of a definition are not far ahead of all that is known.

        Args:
            entry: As it was told.
            term: The highest that is believed.

        Raises:
            ValueError: They are; the text names them.
        """
        if isinstance(entry, Definition):
            self._require_near_counter(entry)
        if not isinstance(entry, Decided):
            return
        stamp = entry.newest.stamp
        if stamp.term > term:
            raise ValueError(f"term {stamp.term} of {stamp.leader!r} is far ahead of what is believed (limit {term})")
        if stamp.number > self._subjects.number(stamp.term, stamp.leader) + NUMBER_AHEAD:
            raise ValueError(
                f"number {stamp.number} of {stamp.leader!r} is more than {NUMBER_AHEAD} ahead of the last one"
            )

    def _require_near_counter(self, definition: Definition) -> None:
        known = self.definition(definition.feature)
        counter, origin = definition.stamp.counter, definition.stamp.origin
        if counter > COUNTER_AHEAD + (0 if known is None else known.stamp.counter):
            raise ValueError(
                f"counter {counter} of {origin!r} for the flag {definition.feature!r} is more than {COUNTER_AHEAD} ahead"
            )

    def merge(self, entry: BookEntry) -> bool:
        """Take note of what somebody knows of an order, of a subject or of a flag.

        Args:
            entry: What is known, on the clock of this host.

        Returns:
            Whether that is news.
        """
        entry_id = entry.id
        held = self._held.get(entry_id)
        if held is None:
            if not self._make_room(entry_id, entry):
                return False
            self._put(entry_id, self._texts.shared(entry))
            return True
        before = held.entry
        joined = _join(before, entry)
        ends_sooner = before.ends_s > joined.ends_s and before.ends_s - joined.ends_s >= SAME_S
        if joined.spreads == before.spreads and not ends_sooner:
            return False
        self._put(entry_id, joined)
        return True

    def advance(self, now_s: float) -> None:
        """Let time pass: what is at its end expires, and what was over for long is forgotten."""
        if self._deadline_s is None or self._deadline_s > now_s:
            return
        for entry_id, held in [each for each in self._held.items() if each[1].entry.ends_s <= now_s]:
            left = held.entry.expire(now_s)
            if left is None:
                self._remove(entry_id)
            else:
                self._put(entry_id, left)
        self._deadline_s = min((held.entry.ends_s for held in self._held.values()), default=None)

    def clear(self) -> None:
        """Forget everything."""
        for order_id in list(self._held):
            self._remove(order_id)
        self._deadline_s = None

    def next_deadline_s(self) -> float | None:
        """When `advance` is due; None when nothing waits."""
        return self._deadline_s

    def digests(self) -> bytes:
        """A digest of each bucket, one behind the other: two books with the same digests hold the same."""
        return b"".join(each.to_bytes(_MARK_BYTES) for each in self._digests)

    def generation(self) -> str:
        """A digest of all of it, short enough to be read by people."""
        if self._generation[0] != self.revision:
            self._generation = self.revision, generation_of(self.digests())
        return self._generation[1]

    def generation_of_rules(self) -> str:
        """A digest of all that routers go by, short enough to be read by people: what is about flags is none of that."""
        return generation_of(self._rules.to_bytes(_MARK_BYTES))

    def differing(self, digests: bytes) -> list[int]:
        """The buckets in which another book, of which these are the digests, holds something else."""
        if digests == self.digests():
            return []
        others = (int.from_bytes(digests[at : at + _MARK_BYTES]) for at in range(0, len(digests), _MARK_BYTES))
        return [bucket for bucket, (own, other) in enumerate(zip(self._digests, others, strict=True)) if own != other]

    def is_alike(self, bucket: int, digests: bytes) -> bool:
        """Whether another book, of which these are the digests, holds the same in a bucket."""
        return digests[bucket * _MARK_BYTES : (bucket + 1) * _MARK_BYTES] == self._digests[bucket].to_bytes(_MARK_BYTES)

    def marks(self, bucket: int) -> dict[str, str]:
        """What is held in a bucket: by identifier, a digest of what has become of it."""
        return {entry_id: f"{self._held[entry_id].mark:016x}" for entry_id in self._buckets[bucket]}

    def beyond(self, marks: Mapping[int, Mapping[str, str]]) -> Iterator[BookEntry]:
        """What is held here in some buckets, and not in those of another book.

        Args:
            marks: By bucket, what the other one holds there, as its `marks` tells.
        """
        for bucket, others in sorted(marks.items()):  # one bucket after the other, so that who asks again lists fewer
            for entry_id in self._buckets[bucket]:
                held = self._held[entry_id]
                if others.get(entry_id) != f"{held.mark:016x}":
                    yield held.entry

    def _make_room(self, entry_id: str, entry: BookEntry) -> bool:
        """See to it that there is room for another one.

        Of too many orders or flags the new one is refused, and whoever gives it is told. Of too many decisions those with the
        smallest stamps are forgotten: so those who were told more than that remember the same, in whichever order they heard it.
        """
        if isinstance(entry, Definition):
            return self._flags.has_room(entry)
        if isinstance(entry, Entry):
            orders = len(self._held) - len(self._subjects) - self._flags.definitions
            return orders < ENTRIES + (OFFS if entry.order.kind == "off" else 0)
        if len(self._subjects) < DECISIONS:
            return True
        first = self._subjects.first()
        if (entry.newest.stamp, entry_id) < first:
            return False
        self._remove(first[1])
        return True

    def _put(self, entry_id: str, entry: BookEntry) -> None:
        before = self._held.get(entry_id)
        mark = _mark_of(entry_id, entry)
        change = mark ^ (0 if before is None else before.mark)
        self._digests[bucket_of(entry_id)] ^= change
        self._rules ^= 0 if is_about_flag(entry) else change
        self.revision += 1
        self._held[entry_id] = Held(entry, mark, self.revision)
        self._buckets[bucket_of(entry_id)][entry_id] = None
        self._deadline_s = entry.ends_s if self._deadline_s is None else min(self._deadline_s, entry.ends_s)
        if isinstance(entry, Decided):
            self._subjects.note(entry_id, entry)
            return
        self._flags.note(entry_id, entry, self.revision)
        if entry.is_open:
            self._open[entry_id] = None
        else:
            self._open.pop(entry_id, None)

    def _remove(self, entry_id: str) -> None:
        held = self._held.pop(entry_id)
        self.revision += 1
        self._digests[bucket_of(entry_id)] ^= held.mark
        self._rules ^= 0 if is_about_flag(held.entry) else held.mark
        del self._buckets[bucket_of(entry_id)][entry_id]
        self._open.pop(entry_id, None)
        self._subjects.forget(entry_id)
        if not isinstance(held.entry, Decided):
            self._flags.forget(entry_id, held.entry, self.revision)


def is_about_flag(entry: BookEntry) -> bool:
    """Whether an entry is about a feature flag: no router goes by it."""
    return isinstance(entry, Definition) or (isinstance(entry, Entry) and entry.order.feature != "")


def generation_of(digests: bytes) -> str:
    """A digest of a book, or of a part of it.

    Args:
        digests: One behind the other.
    """
    return hashlib.sha256(digests).hexdigest()[:8]


def bucket_of(order_id: str) -> int:
    """In which bucket an order lies."""
    return int(order_id[:2], 16)


def _join(one: BookEntry, other: BookEntry) -> BookEntry:
    match one, other:
        case (Decided(), Decided()) | (Definition(), Definition()) | (Entry(), Entry()):
            return one.join(other)  # type: ignore[arg-type] # both are of one kind
    return one


def _mark_of(entry_id: str, entry: BookEntry) -> int:
    told = msgspec.json.encode((entry_id, entry.spreads))
    return int.from_bytes(hashlib.sha256(told).digest()[:_MARK_BYTES])
