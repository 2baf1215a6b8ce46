"""SHELL: takes what happened into the ledger, and then whatever the rules make of it; it neither listens nor enforces.

Nothing takes effect that is not durable: what happened is appended, then applied, then judged; and what the judge says goes the
same way before it is asked again, until nothing more follows.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from canary.book.decision import Body
from canary.judge.apply import apply
from canary.judge.decide import decide, next_deadline_s
from canary.judge.rule_c import compared
from canary.judge.state import State
from canary.records import Entry, FlagChanged, Record
from canary.rules import Rules

COMPARED_S = 2.0
"""How often who leads tells what it sees of comparisons, where another failure counts."""
ROUNDS = 64
"""Verdicts that follow from each other: more is a fault of the rules, which must not become a daemon that spins."""


class Ledger(Protocol):
    """Where records are kept."""

    async def append(self, records: Sequence[Record]) -> list[Entry]:
        """Keep records; returns when they are durable."""

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        """What was kept after an entry; blocks."""


class Mind:
    """What this canary knows and concludes.

    Args:
        ledger: Where everything is kept.
        state: What the ledger holds so far, folded.
        rules: The rules in force.
        now_s: The ledger's clock.
        observe: Called with each entry once it is applied.
        propose: Called with what is decided for the cluster: it comes back by `take_from` once a majority of the canaries holds it.
    """

    def __init__(
        self,
        ledger: Ledger,
        state: State,
        rules: Rules,
        now_s: Callable[[], float],
        observe: Callable[[Entry], None],
        propose: Callable[[Sequence[Body]], Awaitable[None]],
    ) -> None:
        self.state = state
        self.rules = rules
        self.me = ""
        """Our own server; while it is not known nothing is decided."""
        self.leads = False
        """Whether we decide for the cluster."""
        self._ledger = ledger
        self._now_s = now_s
        self._observe = observe
        self._propose = propose
        self._looked_at_s = -math.inf
        self._compared_at_s = -math.inf
        self._open: deque[Entry] = deque()
        """What happened, and was not judged yet."""
        self._is_in_doubt = False
        """Whether the ledger may hold more than we have applied."""
        self._turn = asyncio.Lock()

    async def take(self, records: Sequence[Record]) -> None:
        """Take note of what happened; what follows from it is decided by the next `look`.

        Raises:
            LedgerError: It cannot be kept; then it did not happen.
        """
        await self.take_from(lambda _state: records)

    async def take_from(self, make: Callable[[State], Sequence[Record]]) -> None:
        """Take note of what is made of the state as it is then: nothing comes in between.

        Args:
            make: Makes the records; what it raises is passed on, and nothing is kept.

        Raises:
            LedgerError: They cannot be kept; then they did not happen.
        """
        async with self._turn:
            await self._catch_up()
            records = make(self.state)
            if records:
                self._have_judged(await self._keep(records))

    async def look(self) -> None:
        """Decide what follows from what happened, and from time alone; while we have no name, later.

        Raises:
            LedgerError: A decision cannot be kept; then it was not taken, and the next look comes to it again.
        """
        if not self.me:
            return
        async with self._turn:
            await self._catch_up()
            while self._open:
                await self._decide(self._open[0])
                self._open.popleft()
            self._looked_at_s = self._now_s()
            await self._decide(None)
            if self.leads and self._looked_at_s >= self._compared_at_s + COMPARED_S:
                self._compared_at_s = self._looked_at_s
                await self._propose(compared(self.state, self.rules, self._looked_at_s))

    def next_deadline_s(self) -> float | None:
        """When `look` is due, on the ledger's clock; None when nothing waits."""
        if not self.me:
            return None
        return next_deadline_s(self.state, self.rules, self.me, self.leads, self._looked_at_s)

    async def _keep(self, records: Sequence[Record]) -> list[Entry]:
        self._is_in_doubt = True
        entries = await self._ledger.append(records)
        self._is_in_doubt = bool(entries) and entries[0].seq != self.state.seq + 1
        if self._is_in_doubt:  # something of ours was kept all the same, though we were told otherwise
            await self._catch_up()
            return []
        self._apply(entries)
        return entries

    async def _catch_up(self) -> None:
        """An append that failed, or was given up, may have been kept: what the ledger has is what happened."""
        if not self._is_in_doubt:
            return
        missed = await asyncio.to_thread(lambda: list(self._ledger.entries(self.state.seq)))
        self._apply(missed)
        self._have_judged(missed)
        self._is_in_doubt = False

    def _have_judged(self, entries: Sequence[Entry]) -> None:
        """Of feature flags, which may be thousands at once, nothing follows for any version."""
        self._open += (entry for entry in entries if not isinstance(entry.record, FlagChanged))

    def _apply(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            apply(self.state, entry)
            self._observe(entry)

    async def _decide(self, trigger: Entry | None) -> None:
        again = False
        for _ in range(ROUNDS):
            following = decide(self.state, self.rules, self.me, self.leads, self._now_s(), trigger, again=again)
            proposals = [record for record in following if isinstance(record, Body)]
            if proposals:
                await self._propose(proposals)
            if not following or proposals:
                return
            again = bool(await self._keep(following))
