"""PURE: when the rules freeze by themselves, and when that ends; it knows no rule and moves nothing.

More services that get verdicts at about the same time than can be a coincidence have a common cause: a database, a network, a
disk. So has a base image that breaks the new versions of many services; but there the versions are at fault, and are to be
blocked. What tells the two apart is what had worked: a version that never worked anywhere, while another one of its service has,
speaks for itself and for no common cause.

A freeze lasts for a span. At its end the same question is asked again: do so many services fail now, in versions that had worked?
"""

from collections.abc import Iterator

from canary.judge.releases import is_unproven
from canary.judge.state import Freeze, State
from canary.records import ALL, CellKey, Frozen
from canary.rules import CapSettings, Rules


def begins(state: State, rules: Rules, key: CellKey, now_s: float) -> Frozen | None:
    """The freeze that comes before a verdict would be about one service too many; None while it would not.

    Args:
        state: What is known.
        rules: The limits.
        key: About what the verdict would be.
        now_s: By the ledger's clock.
    """
    if is_unproven(state, key.of):
        return None
    services = services_judged(state, rules.caps, now_s) | {key.service}
    if len(services) <= rules.caps.frozen_services:
        return None
    within = f"within {rules.caps.frozen_within_s:g} s (limit {rules.caps.frozen_services})"
    return _frozen(rules, now_s, f"verdicts about {len(services)} services {within}: there is a common cause")


def ended(state: State, rules: Rules, now_s: float) -> Iterator[Frozen]:
    """The end of each freeze whose time is over, or that it goes on since its cause does."""
    for scope, freeze in state.freezes.items():
        if (freeze.until_at_s or 0.0) > now_s or (freeze.until_at_s is None and not _is_automatic(freeze)):
            continue
        failing = _failing(state, rules.caps, now_s) if _is_automatic(freeze) else set()
        if len(failing) > rules.caps.frozen_services:
            yield _frozen(rules, now_s, f"{len(failing)} services still fail that had worked: the common cause lasts")
        else:
            yield Frozen(scope=scope, is_on=False, reason="its time is over")


def deadlines(state: State) -> Iterator[float]:
    """When each freeze ends, or goes on."""
    yield from (freeze.until_at_s for freeze in state.freezes.values() if freeze.until_at_s is not None)


def _frozen(rules: Rules, now_s: float, reason: str) -> Frozen:
    return Frozen(scope=ALL, is_on=True, until_at_s=now_s + rules.caps.frozen_for_s, reason=reason)


def _is_automatic(freeze: Freeze) -> bool:
    return not freeze.by and not freeze.order


def services_judged(state: State, caps: CapSettings, now_s: float) -> set[str]:
    """The services that got a verdict against them lately."""
    found: set[str] = set()
    for at_s, service in reversed(state.verdicts):
        if at_s <= now_s - caps.frozen_within_s:
            break
        found.add(service)
    return found


def _failing(state: State, caps: CapSettings, now_s: float) -> set[str]:
    """The services of which a version has failed lately where it had worked."""
    since_s = now_s - caps.frozen_within_s
    found: set[str] = set()
    for service, failures in state.failures_of.items():
        for brief in reversed(failures):
            if brief.at_s <= since_s:
                break
            cell = state.cells.get(brief.key)
            if cell is not None and cell.ever_passed:
                found.add(service)
                break
    return found
