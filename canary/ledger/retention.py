"""SHELL: keeps a ledger from growing for ever: what is old becomes a snapshot of what it came to; it does not know how to fold.

The snapshot is made durable before the first entry goes, and entries go in portions, so that appends wait for one of them at
most. Ended at any moment, the fold is the same: whoever folds begins with the snapshot and takes the entries behind its
place.
"""

from collections.abc import Callable
from typing import NamedTuple

from canary.judge.state import State
from canary.ledger.errors import LedgerError
from canary.ledger.snapshot import Snapshot, decode_state, encode_state
from canary.ledger.store import Ledger
from canary.records import Entry

PORTION_ENTRIES = 5_000
"""What is deleted in one transaction."""

Fold = Callable[[State, Entry], object]
"""Brings a state forward by one entry, in place."""


class Kept(NamedTuple):
    """What is to be kept: an entry goes when it is older than `span_s`, or when there are `entries` newer ones."""

    span_s: float
    """By the ledger's own clock."""
    entries: int


def restore(ledger: Ledger, fold: Fold) -> State:
    """The state that all entries of a ledger come to. Blocks.

    Raises:
        LedgerError: The ledger cannot be read, or its snapshot is no state known to this release.
    """
    snapshot = ledger.snapshot()
    state = _state_of(ledger, snapshot)
    for entry in ledger.entries(after_seq=snapshot.seq if snapshot else 0):
        fold(state, entry)
    return state


def shorten(ledger: Ledger, kept: Kept, fold: Fold, now_s: float) -> int:
    """Let a snapshot stand for what need not be kept. Blocks, for seconds when much is old: not for the thread of a loop.

    Args:
        ledger: Which one.
        kept: What to keep.
        fold: Brings a state forward by one entry.
        now_s: The time of the ledger's clock.

    Returns:
        How many entries have gone.

    Raises:
        LedgerError: It could not be read or written; what has not gone yet goes the next time.
    """
    before = ledger.snapshot()
    after = _fold_old(ledger, before, kept, fold, now_s)
    if after is None:
        return 0
    ledger.keep(after)
    first_seq = before.seq if before else 0
    for seq in range(first_seq, after.seq, PORTION_ENTRIES):
        ledger.drop(min(seq + PORTION_ENTRIES, after.seq))
    return after.seq - first_seq


def _fold_old(ledger: Ledger, before: Snapshot | None, kept: Kept, fold: Fold, now_s: float) -> Snapshot | None:
    """The snapshot of all that need not be kept; None when that is nothing new."""
    state = _state_of(ledger, before)
    last: Entry | None = None
    for entry in ledger.entries(after_seq=before.seq if before else 0):
        if entry.seq > ledger.last_seq - kept.entries and entry.at_s >= now_s - kept.span_s:
            break
        fold(state, entry)
        last = entry
    return None if last is None else Snapshot(last.seq, last.at_s, encode_state(state))


def _state_of(ledger: Ledger, snapshot: Snapshot | None) -> State:
    try:
        return decode_state(snapshot.state) if snapshot else State()
    except ValueError as error:
        raise LedgerError(ledger.name, f"its snapshot is no state known to this release: {error}") from None
