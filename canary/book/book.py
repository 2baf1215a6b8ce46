"""PURE: the orders that one host knows of: taken, lifted, merged with what others know, and compared by digests."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from canary.book.entry import TOMBSTONE_S, Entry, Lift, join
from canary.book.order import Order, id_of

BUCKETS = 256
_SHARED = ("kind", "server", "service", "build", "user", "given_on", "origin")
"""Texts that many orders have in common."""
ENTRIES = 10_000
"""Orders remembered, with those that are over: 330 a day."""
_MARK_BYTES = 8
SAME_S = 1.0
"""Ends that differ by less are the same: a message took the difference."""


@dataclass(slots=True)
class Held:
    """An entry in its place in the book."""

    entry: Entry
    mark: int
    """A digest of its identifier and of what has become of it."""
    revision: int
    """Of the book, when that changed last."""


class BookFullError(Exception):
    """There is no room for another order."""


class Book:
    """The orders that this host knows of."""

    def __init__(self) -> None:
        self.revision = 0
        """Grows with each change."""
        self._held: dict[str, Held] = {}
        self._open: dict[str, None] = {}
        """Those that are neither expired nor lifted."""
        self._digests = [0] * BUCKETS
        self._generation: tuple[int, str] = (-1, "")
        """The revision for which it was made, and what it is."""
        self._texts: dict[str, str] = {}
        """Each text once, however many orders hold it."""
        self._deadline: tuple[int, float | None] = (0, None)
        """The revision for which it was looked for, and what was found."""

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._held

    def entry(self, order_id: str) -> Entry | None:
        """What is known of an order; None: nothing."""
        held = self._held.get(order_id)
        return None if held is None else held.entry

    def changed_in(self, order_id: str) -> int:
        """The revision of the book in which an order changed last; 0 when it is not known."""
        held = self._held.get(order_id)
        return 0 if held is None else held.revision

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """All that is known, by identifier."""
        return ((order_id, held.entry) for order_id, held in self._held.items())

    def in_force(self, now_s: float) -> Iterator[tuple[str, Entry]]:
        """The orders that neither have expired nor were lifted, by identifier."""
        found = ((order_id, self._held[order_id].entry) for order_id in self._open)
        return ((order_id, entry) for order_id, entry in found if entry.ends_s > now_s)

    def take(self, order: Order, now_s: float) -> str:
        """Take an order that was given here.

        Returns:
            Its identifier.

        Raises:
            BookFullError: Too many are remembered.
        """
        order_id = id_of(order)
        if not self.merge(order_id, Entry(order, "open", now_s + order.span_s)) and order_id not in self._held:
            raise BookFullError(f"{ENTRIES} orders are remembered, more than anybody gives")
        return order_id

    def lift(self, order_ids: Iterable[str], lift: Lift, now_s: float) -> None:
        """Lift orders that are known here, and no others."""
        for order_id in order_ids:
            held = self._held[order_id]
            if held.entry.place == "open":
                self.merge(order_id, Entry(held.entry.order, "lifted", now_s + TOMBSTONE_S, lift))

    def merge(self, order_id: str, entry: Entry) -> bool:
        """Take note of what somebody knows of an order.

        Args:
            order_id: Its identifier, as `id_of` makes it.
            entry: What is known, on the clock of this host.

        Returns:
            Whether that is news.
        """
        held = self._held.get(order_id)
        if held is None:
            if len(self._held) >= ENTRIES:
                return False
            self._put(order_id, msgspec.structs.replace(entry, order=self._shared(entry.order)))
            return True
        joined = join(held.entry, entry)
        before = held.entry
        if (joined.place, joined.lift) == (before.place, before.lift) and before.ends_s - joined.ends_s < SAME_S:
            return False
        self._put(order_id, joined)
        return True

    def advance(self, now_s: float) -> None:
        """Let time pass: what is at its end expires, and what was over for long is forgotten."""
        deadline_s = self.next_deadline_s()
        if deadline_s is None or deadline_s > now_s:
            return
        for order_id, held in [each for each in self._held.items() if each[1].entry.ends_s <= now_s]:
            if held.entry.place == "open":
                self._put(order_id, Entry(held.entry.order, "expired", now_s + TOMBSTONE_S))
            else:
                self._remove(order_id)

    def clear(self) -> None:
        """Forget everything."""
        for order_id in list(self._held):
            self._remove(order_id)

    def next_deadline_s(self) -> float | None:
        """When `advance` has something to do; None when nothing waits."""
        if self._deadline[0] != self.revision:
            self._deadline = self.revision, min((held.entry.ends_s for held in self._held.values()), default=None)
        return self._deadline[1]

    def digests(self) -> bytes:
        """A digest of each bucket, one behind the other: two books with the same digests hold the same."""
        return b"".join(each.to_bytes(_MARK_BYTES) for each in self._digests)

    def generation(self) -> str:
        """A digest of all of it, short enough to be read by people."""
        if self._generation[0] != self.revision:
            self._generation = self.revision, generation_of(self.digests())
        return self._generation[1]

    def differing(self, digests: bytes) -> list[int]:
        """The buckets in which another book, of which these are the digests, holds something else."""
        others = (int.from_bytes(digests[at : at + _MARK_BYTES]) for at in range(0, len(digests), _MARK_BYTES))
        return [bucket for bucket, (own, other) in enumerate(zip(self._digests, others, strict=True)) if own != other]

    def marks(self, buckets: Sequence[int]) -> dict[int, dict[str, str]]:
        """What is held in some buckets: by identifier, a digest of what has become of it."""
        found: dict[int, dict[str, str]] = {bucket: {} for bucket in buckets}
        for order_id, held in self._held.items():
            bucket = found.get(bucket_of(order_id))
            if bucket is not None:
                bucket[order_id] = f"{held.mark:016x}"
        return found

    def beyond(self, marks: Mapping[int, Mapping[str, str]]) -> Iterator[Entry]:
        """What is held here in some buckets, and not in those of another book.

        Args:
            marks: By bucket, what the other one holds there, as its `marks` tells.
        """
        for order_id, held in self._held.items():
            others = marks.get(bucket_of(order_id))
            if others is not None and others.get(order_id) != f"{held.mark:016x}":
                yield held.entry

    def _shared(self, order: Order) -> Order:
        if len(self._texts) > ENTRIES:
            self._texts.clear()
        told = ((name, getattr(order, name)) for name in _SHARED)
        return msgspec.structs.replace(order, **{name: self._texts.setdefault(text, text) for name, text in told})

    def _put(self, order_id: str, entry: Entry) -> None:
        before = self._held.get(order_id)
        mark = _mark_of(order_id, entry)
        self._digests[bucket_of(order_id)] ^= mark ^ (0 if before is None else before.mark)
        self.revision += 1
        self._held[order_id] = Held(entry, mark, self.revision)
        if entry.place == "open":
            self._open[order_id] = None
        else:
            self._open.pop(order_id, None)

    def _remove(self, order_id: str) -> None:
        self._digests[bucket_of(order_id)] ^= self._held.pop(order_id).mark
        self._open.pop(order_id, None)
        self.revision += 1


def generation_of(digests: bytes) -> str:
    """A digest of a whole book.

    Args:
        digests: Those of its buckets.
    """
    return hashlib.sha256(digests).hexdigest()[:8]


def bucket_of(order_id: str) -> int:
    """In which bucket an order lies."""
    return int(order_id[:2], 16)


def _mark_of(order_id: str, entry: Entry) -> int:
    """Of what spreads: not of what is left of a span, which differs a little everywhere."""
    told = msgspec.json.encode((order_id, entry.place, entry.lift))
    return int.from_bytes(hashlib.sha256(told).digest()[:_MARK_BYTES])
