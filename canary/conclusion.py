"""PURE: which flags stand on this host, from what the canary knows; it raises none itself."""

from collections.abc import Callable, Iterable

from canary.deployment.view import HUMAN
from canary.judge.sentence import reason_of
from canary.judge.state import Cell, Freeze, State
from canary.records import ALL, Deploying
from communicator.flags.catalogue import (
    CANARY_BLOCKED,
    CANARY_FROZEN,
    CANARY_HUMAN,
    CANARY_LAST_INSTANCE,
    CANARY_LEDGER,
    CANARY_SERVER_SICK,
    CANARY_SUSPECT,
    DEPLOYMENT_OVERDUE,
    DEPLOYMENT_ROLLED_BACK,
    DEPLOYMENT_WAITING,
    FEATURE_STALE,
)
from communicator.flags.flag import FlagName
from communicator.wording.releases import version_text

ROLLED_BACK_S = 86_400.0
"""For so long what was rolled back is told, unless the next deployment of the service comes before."""
OVERDUE_S = 60.0
"""What is due is done within a second or two; only what does not come at all is a matter for people."""
PROTECTING = frozenset(("last_instance", "last_good", "protected"))
"""Caps that leave something running which fails."""


def flags_to_raise(
    state: State,
    me: str,
    denied: Iterable[str],
    ledger_fault: str,
    stale: str = "",
    leads_at_s: float | None = None,
) -> dict[FlagName, str]:
    """Which flags stand.

    Args:
        state: What is known.
        me: This host; flags speak of their own host only.
        denied: What the policy denies here, each in a sentence.
        ledger_fault: Why the ledger cannot be written; empty when it can.
        stale: The feature flags that may have outlived their purpose; empty: none.
        leads_at_s: The time by the ledger's clock, where this host's canary leads: it alone speaks of deployments, which are
            the cluster's, so that one matter is one flag. None: it does not lead.

    Returns:
        Each flag, with the reason that its message tells. No other flag of the canary stands.
    """
    here = [cell for cell in state.cells.values() if cell.key.server == me]
    server = state.servers.get(me)
    raised: dict[FlagName, str] = {}
    raised[CANARY_BLOCKED] = "; ".join(denied)
    raised[CANARY_SUSPECT] = _tell(cell for cell in here if cell.state == "suspect" and cell.until_at_s is not None)
    raised[CANARY_LAST_INSTANCE] = _tell(cell for cell in here if cell.suppressed_by in PROTECTING)
    raised[CANARY_HUMAN] = _tell(cell for cell in here if cell.needs_human)
    raised[CANARY_FROZEN] = "; ".join(_tell_freeze(freeze) for freeze in state.freezes.values())
    raised[CANARY_SERVER_SICK] = server.reason if server is not None and server.is_sick else ""
    raised[CANARY_LEDGER] = ledger_fault
    raised[FEATURE_STALE] = stale
    if leads_at_s is not None:
        raised[DEPLOYMENT_WAITING] = _tell_deployments(state, _is_waiting, leads_at_s)
        raised[DEPLOYMENT_ROLLED_BACK] = _tell_deployments(state, _is_rolled_back, leads_at_s)
        raised[DEPLOYMENT_OVERDUE] = _tell_deployments(state, _is_overdue, leads_at_s)
    return {name: reason for name, reason in raised.items() if reason}


def _is_waiting(one: Deploying, _now_s: float) -> bool:
    return one.at.phase == "paused" and one.at.pause in HUMAN


def _is_rolled_back(one: Deploying, now_s: float) -> bool:
    return one.at.phase == "rolled_back" and now_s - one.since_s < ROLLED_BACK_S


def _is_overdue(one: Deploying, now_s: float) -> bool:
    at = one.at
    return not at.is_over and at.until_at_s is not None and now_s - at.until_at_s > OVERDUE_S


def _tell_deployments(state: State, stands: Callable[[Deploying, float], bool], now_s: float) -> str:
    found = (one.at for one in state.deployments.values() if stands(one, now_s))
    return "; ".join(f"{at.service} {version_text(at.version, at.build)}: {at.reason}" for at in found)


def _tell_freeze(freeze: Freeze) -> str:
    return f"{'all services' if freeze.scope == ALL else freeze.scope}: {freeze.reason}"


def _tell(cells: Iterable[Cell]) -> str:
    return "; ".join(f"{cell.key.service} {cell.key.version}: {reason_of(cell)}" for cell in cells)
