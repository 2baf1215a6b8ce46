"""Names that two want at once: who waits for which, while the holder is asked whether it lives; it sends nothing."""

from typing import Generic, TypeVar

import msgspec

from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.registry import Link

ELDER_ANSWERS_WITHIN_S = 2.0
"""How long the holder of a name has to prove that it lives, before a newcomer takes the name over."""
Claim = TypeVar("Claim")
"""What a newcomer is entered with once the name is its own: of a service its registration, of a router its offer."""


class Contest(msgspec.Struct, Generic[Claim], frozen=True):
    """A newcomer that waits while the holder of a name, the elder, is asked whether it lives."""

    name: str
    newcomer: Link
    claim: Claim
    serial: str
    """What the elder's answer must carry."""
    begun_s: float
    """When the elder was asked first, on the monotonic clock."""
    deadline_s: float
    """By then the elder must have answered."""


class Contests(Generic[Claim]):
    """At most one contest for each name, in the order of their deadlines.

    Args:
        due: When the next elder has had its time.
    """

    def __init__(self, due: Deadline) -> None:
        self._by_name: dict[str, Contest[Claim]] = {}
        self.due = due

    def begin(self, name: str, newcomer: Link, claim: Claim, serial: str, now_s: float) -> None:
        """Let a newcomer wait for a name for which no other waits.

        Args:
            name: The contested name.
            newcomer: Who waits.
            claim: What it is entered with once the name is its own.
            serial: What the elder's answer must carry.
            now_s: The time, on the monotonic clock; never earlier than before.
        """
        self._by_name[name] = Contest(name, newcomer, claim, serial, now_s, now_s + ELDER_ANSWERS_WITHIN_S)
        self._announce()

    def find(self, name: str) -> Contest[Claim] | None:
        """The contest for a name."""
        return self._by_name.get(name)

    def find_asked(self, serial: str) -> Contest[Claim] | None:
        """The contest whose elder was asked with this serial."""
        return next((contest for contest in self._by_name.values() if contest.serial == serial), None)

    def waits(self, newcomer: Link) -> bool:
        """Whether this link waits for a name."""
        return any(contest.newcomer is newcomer for contest in self._by_name.values())

    def end(self, name: str) -> Contest[Claim] | None:
        """Take the contest for a name out."""
        contest = self._by_name.pop(name, None)
        self._announce()
        return contest

    def give_up(self, newcomer: Link) -> None:
        """This link waits no longer."""
        for name in [contest.name for contest in self._by_name.values() if contest.newcomer is newcomer]:
            self.end(name)

    def prolong_due(self, now_s: float) -> list[Contest[Claim]]:
        """The contests whose elder has had its time: each stands, with a new deadline, until it is ended."""
        due = [contest for contest in self._by_name.values() if contest.deadline_s <= now_s]
        for contest in due:
            del self._by_name[contest.name]  # it is the last one now
            self._by_name[contest.name] = msgspec.structs.replace(contest, deadline_s=now_s + ELDER_ANSWERS_WITHIN_S)
        self._announce()
        return due

    def _announce(self) -> None:
        self.due.set(next((contest.deadline_s for contest in self._by_name.values()), None))
