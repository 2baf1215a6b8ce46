"""What is told of servers over links that their ways do not lead over: kept until it can be said who is right."""

from collections.abc import Iterator

import msgspec

from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.records import LINKS, Record

LOOK_S = 0.05
"""By then news that is true has come by the right way too, mostly; and the ways have been worked out anew."""
ANSWER_S = 1.0
"""Whoever still tells something else is told what we know."""

COMPARE_AFTER_S = 3.0
"""After neighbors have contradicted each other, or the ways have changed since: what was said in answer may have been outdone."""
CONTRADICTED_SPAN_S = 60.0
"""A link whose other end is silent is given up long before."""


class Doubt(msgspec.Struct):
    """One record that is not believed, for now."""

    link: int
    """Over which it came."""
    record: Record
    answer_s: float
    """When the answer is due, if it is still doubted then."""
    is_answered: bool = False
    is_noted: bool = False
    """It has counted as a contradiction: when it is looked at, for most are true and only came sooner than by the right way."""

    @property
    def again_s(self) -> float:
        """When the same word is worth another answer."""
        return self.answer_s + ANSWER_S


class Doubts:
    """The last of these records by link, server and part: no more of one link than servers that are known have parts.

    Args:
        due: When they are to be looked at.
        compare: When all neighbors are to be told what we know, so that they put right what is wrong.
    """

    def __init__(self, due: Deadline, compare: Deadline) -> None:
        self.due = due
        self.compare = compare
        self.corrected_s: dict[tuple[str, str], float] = {}
        """Server and part to when we went back to an older word about it."""
        self._contradicted_s = float("-inf")
        self._by_link: dict[int, dict[tuple[str, str], Doubt]] = {}

    def add(self, link: int, record: Record, now_s: float) -> Doubt | None:
        """Keep a record.

        Args:
            link: The number of the link that it came over.
            record: What was told.
            now_s: The time, on the monotonic clock.

        Returns:
            The doubt; None when that very record is doubted already, and was answered just now or will be.
        """
        kept = self._by_link.setdefault(link, {})
        before = kept.get((record.server, record.part))
        if before is not None and before.record == record and not (before.is_answered and now_s >= before.again_s):
            return None
        doubt = kept[record.server, record.part] = Doubt(link, record, now_s + ANSWER_S)
        self.due.set(now_s + LOOK_S if self.due.at_s is None else min(self.due.at_s, now_s + LOOK_S))
        return doubt

    def drop(self, link: int, record: Record) -> None:
        """It is decided what is true, or that link has told what we have."""
        self._by_link.get(link, {}).pop((record.server, record.part), None)

    def outdated(self, record: Record) -> None:
        """We have this now, and all others hear of it: who has told something older either has it too, or will say so again."""
        key = record.server, record.part
        for kept in self._by_link.values():
            if key in kept and kept[key].record.rank <= record.rank:
                del kept[key]

    def __iter__(self) -> Iterator[Doubt]:
        """All of them, those about links first: who is reached follows from those."""
        doubts = [doubt for kept in self._by_link.values() for doubt in kept.values()]
        return iter(sorted(doubts, key=lambda doubt: doubt.record.part != LINKS))

    def left(self, link: int) -> None:
        """A link is gone, and what was told over it."""
        self._by_link.pop(link, None)

    def contradicted(self, now_s: float) -> None:
        """Two neighbors tell different things of one server."""
        self._contradicted_s = now_s
        self.ways_changed(now_s)

    def ways_changed(self, now_s: float) -> None:
        """Somebody else may be right now: if there was a contradiction lately, all are asked in a while."""
        if now_s < self._contradicted_s + CONTRADICTED_SPAN_S:
            self.compare_soon(now_s)

    def compare_soon(self, now_s: float) -> None:
        """All are asked in a while, this once: two words of one life came by two ways, the later one first."""
        if self.compare.at_s is None:
            self.compare.set(now_s + COMPARE_AFTER_S)

    def settle(self, now_s: float) -> None:
        """They have been looked at: what is left is looked at again when its answer is due, and after each change of the ways."""
        open_s = [doubt.answer_s for kept in self._by_link.values() for doubt in kept.values() if not doubt.is_answered]
        self.due.set(max(now_s + LOOK_S, min(open_s)) if open_s else None)
