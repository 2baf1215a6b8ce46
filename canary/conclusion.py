"""PURE: which flags stand on this host, from what the canary knows; it raises none itself."""

from collections.abc import Iterable

from canary.judge.sentence import reason_of
from canary.judge.state import Cell, Freeze, State
from canary.records import ALL
from communicator.flags.catalogue import (
    CANARY_BLOCKED,
    CANARY_FROZEN,
    CANARY_HUMAN,
    CANARY_LAST_INSTANCE,
    CANARY_LEDGER,
    CANARY_SERVER_SICK,
    CANARY_SUSPECT,
    FEATURE_STALE,
    Declaration,
)

FLAGS = (
    CANARY_BLOCKED,
    CANARY_SUSPECT,
    CANARY_LAST_INSTANCE,
    CANARY_HUMAN,
    CANARY_FROZEN,
    CANARY_SERVER_SICK,
    CANARY_LEDGER,
    FEATURE_STALE,
)
"""Every flag the canary raises."""
PROTECTING = frozenset(("last_instance", "last_good", "protected"))
"""Caps that leave something running which fails."""


def flags_to_raise(
    state: State, me: str, denied: Iterable[str], ledger_fault: str, stale: str = ""
) -> dict[Declaration, str]:
    """Which flags stand.

    Args:
        state: What is known.
        me: This host; flags speak of their own host only.
        denied: What the policy denies here, each in a sentence.
        ledger_fault: Why the ledger cannot be written; empty when it can.
        stale: The feature flags that may have outlived their purpose; empty: none.

    Returns:
        Each flag, with the reason that its message tells. What is in `FLAGS` and not here does not stand.
    """
    here = [cell for cell in state.cells.values() if cell.key.server == me]
    server = state.servers.get(me)
    raised: dict[Declaration, str] = {}
    raised[CANARY_BLOCKED] = "; ".join(denied)
    raised[CANARY_SUSPECT] = _tell(cell for cell in here if cell.state == "suspect" and cell.until_at_s is not None)
    raised[CANARY_LAST_INSTANCE] = _tell(cell for cell in here if cell.suppressed_by in PROTECTING)
    raised[CANARY_HUMAN] = _tell(cell for cell in here if cell.needs_human)
    raised[CANARY_FROZEN] = "; ".join(_tell_freeze(freeze) for freeze in state.freezes.values())
    raised[CANARY_SERVER_SICK] = server.reason if server is not None and server.is_sick else ""
    raised[CANARY_LEDGER] = ledger_fault
    raised[FEATURE_STALE] = stale
    return {declared: reason for declared, reason in raised.items() if reason}


def _tell_freeze(freeze: Freeze) -> str:
    return f"{'all services' if freeze.scope == ALL else freeze.scope}: {freeze.reason}"


def _tell(cells: Iterable[Cell]) -> str:
    return "; ".join(f"{cell.key.service} {cell.key.version}: {reason_of(cell)}" for cell in cells)
