"""SHELL: what is old in a ledger becomes a snapshot of what it came to; how that is done is told elsewhere."""

import asyncio

from structlog.typing import FilteringBoundLogger

from canary.judge.apply import apply
from canary.ledger.errors import LedgerError
from canary.ledger.retention import Kept, shorten
from canary.ledger.store import Ledger

KEPT_ENTRIES = 2_000_000
"""Entries kept one by one at most, however young: to read so many takes a start most of a minute."""
DAY_S = 86_400.0


async def keep_short(ledger: Ledger, keep_days: int, log: FilteringBoundLogger) -> None:
    """Shorten a ledger, and say what came of it.

    Args:
        ledger: Which one.
        keep_days: How long its entries are kept one by one.
        log: Where that is said.
    """
    try:
        gone = await asyncio.to_thread(shorten, ledger, Kept(keep_days * DAY_S, KEPT_ENTRIES), apply, ledger.now_s())
    except LedgerError as error:
        log.warning("ledger_not_shortened", reason=str(error))
    else:
        log.info("ledger_shortened", entries=gone)
