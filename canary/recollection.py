"""SHELL: what a new life of the canary takes from its ledger: the state, and what happened lately; it decides nothing."""

import hashlib
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from canary.judge.apply import apply
from canary.judge.state import State
from canary.ledger.retention import restore
from canary.ledger.store import Ledger
from canary.records import Entry, Fact, RulesSet, Started, Stopped
from canary.rules import Rules

RECENT = 20_000
"""Entries remembered one by one: more than others ask for, and more than there are runs going on."""
CRASHES = 3
"""So many ends out of order"""
CRASHES_WITHIN_S = 600.0
"""within that time, and the canary starts with all rules dry: it may be the cause of what it sees."""


class Recollection(NamedTuple):
    """What the ledger held at the start."""

    state: State
    recent: Sequence[Entry]
    """The newest entries, in order."""

    @property
    def was_clean(self) -> bool:
        """Whether the life before ended in good order, or there was none."""
        return not self.recent or isinstance(self.recent[-1].record, Stopped)

    def facts(self) -> list[tuple[float, Fact]]:
        """The facts among them, with their times alone."""
        return [(entry.at_s, entry.record) for entry in self.recent if isinstance(entry.record, Fact)]

    def is_crash_loop(self, now_s: float) -> bool:
        """Whether the canary has died again and again lately.

        Args:
            now_s: The ledger's clock.
        """
        lately = [
            entry
            for entry in self.recent
            if isinstance(entry.record, Started)
            and not entry.record.was_clean
            and now_s - entry.at_s < CRASHES_WITHIN_S
        ]
        return len(lately) + (not self.was_clean) >= CRASHES


def recollect(ledger: Ledger) -> Recollection:
    """Fold all that a ledger holds. Blocks.

    Raises:
        LedgerError: It cannot be read.
    """
    recent: deque[Entry] = deque(maxlen=RECENT)

    def fold(state: State, entry: Entry) -> None:
        apply(state, entry)
        recent.append(entry)

    return Recollection(restore(ledger, fold), recent)


def rules_record(rules: Rules, told: str) -> list[RulesSet]:
    """What the ledger is told of the rules in force.

    Args:
        rules: The rules.
        told: The revision that it was told last.

    Returns:
        Nothing when that is this one.
    """
    text = msgspec.json.encode(rules).decode()
    revision = hashlib.sha256(text.encode()).hexdigest()[:12]
    return [] if revision == told else [RulesSet(rules=text, revision=revision)]
