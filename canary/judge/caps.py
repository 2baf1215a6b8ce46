"""PURE: what no rule may do, whatever it finds; each cap looks at what would be left after the action.

They are asked in one order, and the first that forbids is told. So one that lasts (a rule that runs dry) comes before one that
passes (the time between two blocks).
"""

import math

from canary.judge.overrides import is_kept_back
from canary.judge.releases import has_worked, is_kept, routable
from canary.judge.state import State
from canary.records import ALL, Cap, CellKey, Rule, Version
from canary.rules import CapSettings, Mode, Rules

LEADERLESS_S = 60.0
"""So long after its end a sickness lasts if no leader ends it, who would also withdraw what failed meanwhile."""


def mode_of(rules: Rules, rule: Rule, service: str) -> Mode:
    """Whether a rule acts on a service: one mode for everything, else the service's, else the rule's own."""
    own: Mode = getattr(rules, rule).mode
    return rules.mode or rules.services.get(service, own)


def is_dry(rules: Rules, rule: Rule, service: str) -> bool:
    """Whether a rule only says what it finds about a service; what it did before stays, where that is so for a while alone."""
    return rules.holds or mode_of(rules, rule, service) == "dry-run"


def forbids(state: State, rules: Rules, key: CellKey, rule: Rule, now_s: float) -> Cap:
    """What forbids a rule to block or to eject a version on a server; empty when nothing does.

    Args:
        state: What is known.
        rules: The caps.
        key: Which version where.
        rule: ``a`` blocks, ``b`` ejects, ``e`` does either.
        now_s: By the ledger's clock.
    """
    if is_dry(rules, rule, key.service):
        return "dry_run"
    if is_frozen(state, key.service, now_s) or is_sick(state, key.server, now_s):
        return "frozen"
    if key.service in rules.caps.protected:
        return "protected"
    if is_last(state, rules, key, now_s):
        return "last_instance"
    if rule in ("a", "e") and _is_too_soon(state, rules.caps, key.service, now_s):
        return "gap"
    return "override" if is_kept_back(state, key, now_s) else ""


def is_last(state: State, rules: Rules, key: CellKey, now_s: float) -> bool:
    """Whether a service has too few instances without the one on a server.

    Not so when something else is installed there, nor of a version that never worked anywhere, nor on a canary host: it takes
    nothing away.
    """
    is_apart = rules.canary.sets_apart(key.server, key.service)
    if is_apart or not _is_installed(state, key) or not has_worked(state, key.of):
        return False
    left = sum(1 for other in _serving(state, rules, key.service, now_s) if other != key)
    return left < least_routable(state, rules, key.service)


def forbids_hold(state: State, rules: Rules, version: Version, rule: Rule, now_s: float) -> Cap:
    """What forbids to hold a version in the whole cluster; empty when nothing does.

    Where it has worked it goes on working: a hold takes it from the servers where it never did.

    Args:
        state: What is known.
        rules: The caps.
        version: Which one.
        rule: ``c`` or ``d``; what rule D finds follows from a block, so that it need not wait for time after that.
        now_s: By the ledger's clock.
    """
    service = version.service
    if is_dry(rules, rule, service):
        return "dry_run"
    if is_frozen(state, service, now_s):
        return "frozen"
    if service in rules.caps.protected:
        return "protected"
    serving = _serving(state, rules, service, now_s)
    left = [key for key in serving if key.of != version or state.cells[key].ever_passed]
    if len(left) < len(serving) and len(left) < least_routable(state, rules, service):
        return "last_instance"
    if is_kept(state, version, now_s):
        return "last_good"
    return "gap" if rule == "c" and _is_too_soon(state, rules.caps, service, now_s) else ""


def least_routable(state: State, rules: Rules, service: str) -> int:
    """How many instances of a service must be left: with 1, 2, 3, 4, 5, 6 servers, by default, 1, 1, 2, 2, 3, 3."""
    announced = sum(not rules.canary.sets_apart(server, service) for server in state.installed.get(service, ()))
    return max(rules.caps.min_routable, math.ceil(rules.caps.routable_share * announced))


def _serving(state: State, rules: Rules, service: str, now_s: float) -> list[CellKey]:
    """The instances that get messages from any host."""
    found = routable(state, service, now_s)
    return [key for key in found if not rules.canary.sets_apart(key.server, service)]


def is_frozen(state: State, service: str, now_s: float) -> bool:
    """Whether no rule acts on a service now."""
    freezes = (state.freezes.get(scope) for scope in (ALL, service))
    return any(freeze and (freeze.until_at_s is None or freeze.until_at_s > now_s) for freeze in freezes)


def is_sick(state: State, name: str, now_s: float) -> bool:
    """Whether what fails on a server says nothing now: until a leader says that it is well again, or nobody has said so in time."""
    server = state.servers.get(name)
    return server is not None and server.is_sick and (server.sick_until_at_s or 0.0) + LEADERLESS_S > now_s


def gap_ends_s(state: State, caps: CapSettings, service: str) -> float:
    """From when on a service may get its next block."""
    last_s = state.last_block_at_s.get(service)
    return -math.inf if last_s is None else last_s + caps.block_gap_s


def _is_too_soon(state: State, caps: CapSettings, service: str, now_s: float) -> bool:
    return now_s < gap_ends_s(state, caps, service)


def _is_installed(state: State, key: CellKey) -> bool:
    """Whether this is what its server runs, or ran last: who has stopped it may want to start it again."""
    return state.installed.get(key.service, {}).get(key.server) == key
