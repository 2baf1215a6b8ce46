"""Which runs the canary is told of one by one, which are summed up, and what it is to hear later; it tells nobody itself."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from communicator.answers.services import Role
from communicator.protocol.message import Message
from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.registry import Registration

BURST = 100
"""Runs of one service told at once: as many instances as may come back together after a restart of the router."""
PER_S = 10.0
"""Runs of one service told in each second after that: more than a verdict needs, and little work for who keeps them all."""
TICK_S = 1.0
"""How late a run may be told that went on while its service was over its budget."""
SUM_S = 3.0
"""How often it is told how many runs were not told, of each service: before the canary has settled what else it heard of them."""
ACCOUNTS = 1_000
"""Services with an account, above which those that are within their budget have theirs closed."""
ENDS_KEPT = 1024
"""Ends of runs remembered while no canary is registered: one a second for a quarter of an hour."""


class Sum(NamedTuple):
    """Runs of one service that are over, and were not told."""

    last: Registration
    reason: str
    """How the last one ended,"""
    runs: int
    """and how many they are, with it."""


class _Account(msgspec.Struct):
    """Of one service; what is refused has one of its own, so that neither drives out the other."""

    left: float
    at_s: float
    """When so many were left."""
    waiting: dict[str, Registration] = {}
    """By run_id: the runs that go on and were not told yet, the oldest first."""
    sum: Sum | None = None
    sum_due_s: float = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be told later."""
        return not self.waiting and self.sum is None

    def take(self, now_s: float) -> bool:
        """Whether one more may be told now; counts it."""
        self.left = self.left_at(now_s)
        self.at_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def left_at(self, now_s: float) -> float:
        """How many may be told now."""
        return min(BURST, self.left + (now_s - self.at_s) * PER_S)

    def add(self, registration: Registration, reason: str, now_s: float) -> None:
        """One more is over that was not told."""
        if self.sum is None:
            self.sum_due_s = now_s + SUM_S
        self.sum = Sum(registration, reason, 1 + (self.sum.runs if self.sum else 0))


_Key = tuple[str, bool, bool]


def _key(registration: Registration, *, is_refused: bool = False) -> _Key:
    return registration.service, is_refused, registration.role is Role.SHADOW


class RunBudget:
    """The accounts of all services.

    Args:
        due: When `take_due` has something to do.
    """

    def __init__(self, due: Deadline) -> None:
        self._accounts: dict[_Key, _Account] = {}
        """By service, and whether it is of those that are refused, and of shadows: what these do leaves the others their share."""
        self.ends: deque[Message] = deque(maxlen=ENDS_KEPT)
        """What a canary is to hear once there is one."""
        self.not_told = 0
        """Runs that were not told one by one."""
        self._tidy_at = ACCOUNTS
        self.due = due

    def begin(self, registration: Registration, now_s: float) -> bool:
        """Whether the beginning of a run is told now; else it is told later, if the run lasts until then."""
        account = self._account(_key(registration), now_s)
        if not account.waiting and account.take(now_s):
            return True
        account.waiting[registration.run_id] = registration
        self._await(now_s)
        return False

    def end(self, registration: Registration, reason: str, now_s: float) -> bool:
        """Whether the end of a run is told: its beginning was; else it is summed up."""
        account = self._accounts.get(_key(registration))
        if account is None or account.waiting.pop(registration.run_id, None) is None:
            return True
        self._sum_up(account, registration, reason, now_s)
        return False

    def refuse(self, registration: Registration, reason: str, now_s: float) -> bool:
        """Whether it is told that a registration was refused; else that is summed up."""
        account = self._account(_key(registration, is_refused=True), now_s)
        if account.take(now_s):
            return True
        self._sum_up(account, registration, reason, now_s)
        return False

    def told_all(self) -> None:
        """All runs that go on have been told."""
        for account in self._accounts.values():
            account.waiting.clear()

    def take_due(self, now_s: float) -> Iterator[Registration | Sum]:
        """What is to be told by now: runs that go on, and sums."""
        if not self.due.is_due(now_s):
            return
        for account in list(self._accounts.values()):
            while account.waiting and account.take(now_s):
                yield account.waiting.pop(next(iter(account.waiting)))
            if account.sum is not None and account.sum_due_s <= now_s:
                yield account.sum
                account.sum = None
        is_settled = all(account.is_settled for account in self._accounts.values())
        self.due.set(None if is_settled else now_s + TICK_S)

    def _account(self, key: _Key, now_s: float) -> _Account:
        account = self._accounts.get(key)
        if account is None:
            if len(self._accounts) >= self._tidy_at:
                self._tidy(now_s)
            account = self._accounts[key] = _Account(BURST, now_s)
        return account

    def _tidy(self, now_s: float) -> None:
        """Close the accounts that are as good as new ones."""
        self._accounts = {
            key: account
            for key, account in self._accounts.items()
            if account.left_at(now_s) < BURST or not account.is_settled
        }
        self._tidy_at = max(ACCOUNTS, 2 * len(self._accounts))

    def _sum_up(self, account: _Account, registration: Registration, reason: str, now_s: float) -> None:
        self.not_told += 1
        account.add(registration, reason, now_s)
        self._await(now_s)

    def _await(self, now_s: float) -> None:
        if self.due.at_s is None:
            self.due.set(now_s + TICK_S)
