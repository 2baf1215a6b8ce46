"""PURE: which decisions stand in a book: those that wait, the one that was decided first, and the numbers of leaders."""

import heapq
from collections.abc import Iterator

from canary.book.decision import Decided, Stamp

DECISIONS = 2_000
"""Subjects of decisions remembered: versions and servers that a leader has found anything of within a month."""
_STALE = 4 * DECISIONS
"""So many notes may be about what is over before all are made anew, which takes a while."""


class Subjects:
    """The decisions of one book, by identifier."""

    def __init__(self) -> None:
        self.latest: tuple[int, str] = (0, "")
        """The highest term of all decisions that were ever noted, and who led then; of several whose decisions are newer."""
        self._stamps: dict[str, tuple[Stamp, ...]] = {}
        """Of what is known of each, the newest last."""
        self._proposed: dict[str, None] = {}
        self._numbers: dict[tuple[int, str], int] = {}
        """The largest number that is known, by term and leader."""
        self._by_stamp: list[tuple[Stamp, str]] = []
        """A heap, in which some are over."""

    def __len__(self) -> int:
        return len(self._stamps)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stamps)

    @property
    def proposed(self) -> tuple[str, ...]:
        """Those of which something waits for a majority of the members."""
        return tuple(self._proposed)

    def number(self, term: int, leader: str) -> int:
        """The largest that is known of a leader's decisions in a term; 0: none is."""
        return self._numbers.get((term, leader), 0)

    def note(self, entry_id: str, decided: Decided) -> None:
        """What is known of a subject has changed."""
        known = (decided.committed, decided.proposed)
        before, self._stamps[entry_id] = (
            self._stamps.get(entry_id, ()),
            tuple(one.stamp for one in known if one is not None),
        )
        self._proposed.pop(entry_id, None)
        if decided.proposed is not None:
            self._proposed[entry_id] = None
        if self._stamps[entry_id] != before:
            self._add(entry_id)
        if max(len(self._numbers), len(self._by_stamp)) > _STALE:
            self._numbers.clear()
            self._by_stamp.clear()
            for each in self._stamps:
                self._add(each)

    def forget(self, entry_id: str) -> None:
        """Forget a subject; one that is not known changes nothing."""
        self._stamps.pop(entry_id, None)
        self._proposed.pop(entry_id, None)

    def first(self) -> tuple[Stamp, str]:
        """The one with the smallest stamp, and that; there must be one."""
        while not self._is_true(*self._by_stamp[0]):
            heapq.heappop(self._by_stamp)
        return self._by_stamp[0]

    def _is_true(self, stamp: Stamp, entry_id: str) -> bool:
        return entry_id in self._stamps and self._stamps[entry_id][-1] == stamp

    def _add(self, entry_id: str) -> None:
        stamps = self._stamps[entry_id]
        heapq.heappush(self._by_stamp, (stamps[-1], entry_id))
        for stamp in stamps:
            whose = stamp.term, stamp.leader
            self.latest = max(self.latest, whose)
            self._numbers[whose] = max(self._numbers.get(whose, 0), stamp.number)
