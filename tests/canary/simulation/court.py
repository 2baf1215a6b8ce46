"""One ledger without a file, and the real judge over it: what is told is applied and decided as the daemon does it."""

import math
from collections.abc import Sequence

from canary.judge.apply import apply
from canary.judge.decide import decide, next_deadline_s
from canary.judge.state import State
from canary.records import Entry, Record
from canary.rules import Rules

ROUNDS = 1_000
"""Decisions after one fact; a judge that takes more never comes to an end."""


class Court:
    """The judges of some servers, which all hear everything at once.

    Args:
        rules: By which they judge.
        servers: Each has an agent; the first of them leads where `leads` says so.
        leads: Whether there is a leader.
    """

    def __init__(self, rules: Rules, servers: Sequence[str] = ("alpha",), *, leads: bool = False) -> None:
        self.rules = rules
        self.servers = servers
        self.leads = leads
        self.state = State()
        self.asked_s = 0.0
        self.decided: list[tuple[float, Record]] = []

    def tell(self, at_s: float, record: Record) -> None:
        """Something happened."""
        self.wait(at_s)
        self.asked_s = at_s
        self._decide(at_s, self._write(at_s, record))

    def wait(self, until_s: float) -> None:
        """Let time pass, and what time alone decides come due."""
        while (due_s := self._next_due_s()) < until_s:
            self.asked_s = max(self.asked_s, due_s)
            self._decide(self.asked_s, None)

    def _write(self, at_s: float, record: Record) -> Entry:
        entry = Entry(self.state.seq + 1, at_s, at_s, record)
        apply(self.state, entry)
        return entry

    def _next_due_s(self) -> float:
        deadlines = (next_deadline_s(self.state, self.rules, me, self._leads(me), self.asked_s) for me in self.servers)
        return min((at_s for at_s in deadlines if at_s is not None), default=math.inf)

    def _leads(self, me: str) -> bool:
        return self.leads and me == self.servers[0]

    def _decide(self, now_s: float, trigger: Entry | None) -> None:
        for me in self.servers:
            for turn in range(ROUNDS):
                found = decide(self.state, self.rules, me, self._leads(me), now_s, trigger, again=turn > 0)
                if not found:
                    break
                for record in found:
                    self._write(now_s, record)
                    self.decided.append((now_s, record))
            else:
                raise AssertionError(f"never an end of {found}")
