"""SHELL: what is yet to be written into the ledger, in order; it makes nothing of it."""

import asyncio
from collections import deque
from collections.abc import Iterable

from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.records import Record

PENDING = 10_000
"""Records that wait for a ledger that cannot be written; the oldest are given up, and counted."""


class Backlog:
    """Records that wait.

    Args:
        mind: What takes them.
    """

    def __init__(self, mind: Mind) -> None:
        self.lost = 0
        """Records that were given up."""
        self._mind = mind
        self._pending: deque[Record] = deque()
        self._keeping: asyncio.Task[None] | None = None
        """What was pending, on its way into the ledger."""

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, records: Iterable[Record]) -> None:
        """Have records wait."""
        for record in records:
            if len(self._pending) >= PENDING:
                self._pending.popleft()
                self.lost += 1
            self._pending.append(record)

    async def keep(self) -> None:
        """Have taken what waits, once: whoever tells more all the time must not keep us from judging.

        Raises:
            LedgerError: It cannot be kept, and goes on waiting.
        """
        if not self._pending:
            return
        records = list(self._pending)
        self._pending.clear()
        self._keeping = asyncio.get_running_loop().create_task(self._mind.take(records))
        try:
            await asyncio.shield(self._keeping)  # what is under way is kept, also when we are to end
        except LedgerError:
            self._pending.extendleft(reversed(records))
            raise

    async def rest(self) -> list[Record]:
        """What still waits, once nothing is under way."""
        if self._keeping is not None:
            await asyncio.wait((self._keeping,))
        return list(self._pending)
