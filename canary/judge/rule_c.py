"""PURE: rule C: does the newest version of a service fail more than the last good one, in the whole cluster? It acts on nothing.

`canary.judge.comparison` gathers what speaks, `canary.judge.eprocess` weighs it, and here it is held against the limits. What was
once found stays: evidence that reached a limit has done so, however the failures fall afterwards. A pardon, or the next version,
starts anew; so does the same version when its hold is over, since no verdict is for ever.
"""

from collections.abc import Iterator
from typing import Literal, get_args

from canary.judge.caps import forbids_hold, is_dry
from canary.judge.comparison import is_due, observe, speaks
from canary.judge.eprocess import Evidence
from canary.judge.state import Comparison, State
from canary.records import Cap, Record, Version, VersionJudged
from canary.rules import Rules

__all__ = ("decide_comparisons", "next_deadline_s", "observe")

Level = Literal["ok", "suspect", "held"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From mild to severe."""


def decide_comparisons(state: State, rules: Rules, now_s: float) -> list[Record]:
    """What follows from the failures of all services; only a leader asks.

    Args:
        state: Where `canary.judge.comparison.observe` has seen every entry.
        rules: Their limits, and whether rule C enforces or runs dry, for all services or for one.
        now_s: By the ledger's clock.

    Returns:
        A `VersionJudged` for each version of which something else is to be said than was said last.
    """
    due = _due(state, now_s)
    found: list[Record] = [_released(version) for version, until_s in _holds(state) if now_s >= until_s]
    least = min(rules.c.suspect_log10, rules.c.block_log10)
    for service, comparison in state.comparisons.items():
        if comparison.told == "ok" and comparison.log10_e < least and service not in due:
            continue  # most of them, after each fact
        verdict = _judge(state, rules, comparison, due.get(service), now_s)
        if verdict is not None:
            found.append(verdict)
    return found


def next_deadline_s(state: State) -> float | None:
    """When time alone may change a verdict: a failure turns out to count, or a hold is over."""
    ends_s = [until_s for _, until_s in _holds(state)]
    settled_s = [state.unsettled[0].at_s + state.compare_settle_s] if state.unsettled else []
    return min(ends_s + settled_s, default=None)


def _due(state: State, now_s: float) -> dict[str, Evidence]:
    """By service, the evidence with the failures that nothing can excuse any more, and that no entry has let us count yet."""
    found: dict[str, Evidence] = {}
    for failure in state.unsettled:
        if not is_due(state, failure, now_s):
            break
        service = failure.trial.service
        comparison = state.comparisons.get(service)
        if comparison is not None and speaks(state, comparison, failure):
            evidence = found.setdefault(service, comparison.evidence.copy())
            evidence.add(is_new=failure.is_new, share=failure.share, margin=state.compare_margin)
    return found


def _judge(
    state: State, rules: Rules, comparison: Comparison, due: Evidence | None, now_s: float
) -> VersionJudged | None:
    release = state.releases.get(comparison.trial)
    if release is None or release.state == "held":
        return None
    log10_e = comparison.log10_e if due is None else due.log10_e
    level = max(comparison.told, _level(log10_e, rules), key=LEVELS.index)
    if level == "ok" or (level == comparison.told and comparison.told_mode == "enforced"):
        return None
    cap = _cap(state, rules, comparison.trial, level, now_s)
    if level == comparison.told and cap == comparison.told_suppressed_by:
        return None
    return _verdict(comparison, due or comparison.evidence, level, cap, rules, now_s)


def _holds(state: State) -> Iterator[tuple[Version, float]]:
    """What rule C holds, and until when."""
    for version in state.held:
        release = state.releases[version]
        if release.rule == "c" and release.until_at_s is not None:
            yield version, release.until_at_s


def _released(held: Version) -> VersionJudged:
    service, version, build = held
    reason = "its hold is over, and it is compared anew"
    return VersionJudged(service=service, version=version, build=build, state="ok", rule="c", reason=reason)


def _level(log10_e: float, rules: Rules) -> Level:
    if log10_e >= rules.c.block_log10:
        return "held"
    return "suspect" if log10_e >= rules.c.suspect_log10 else "ok"


def _cap(state: State, rules: Rules, trial: Version, level: Level, now_s: float) -> Cap:
    """What forbids to act on it; to be suspect takes nothing from anybody, so that only a dry run does."""
    if level == "held":
        return forbids_hold(state, rules, trial, "c", now_s)
    return "dry_run" if is_dry(rules, "c", trial.service) else ""


def _verdict(
    comparison: Comparison, evidence: Evidence, level: Level, cap: Cap, rules: Rules, now_s: float
) -> VersionJudged:
    trial, control = comparison.trial, comparison.control
    limit = rules.c.block_log10 if level == "held" else rules.c.suspect_log10
    failures = evidence.new + evidence.old
    return VersionJudged(
        service=trial.service,
        version=trial.version,
        build=trial.build,
        state=level,
        rule="c",
        mode="detected" if cap else "enforced",
        suppressed_by=cap,
        until_at_s=now_s + rules.a.longest_block_s if level == "held" else None,
        log10_evidence=round(evidence.log10_e, 3),
        reason=(
            f"fails more than {control.version if control else 'none'}: {evidence.new} of {failures} failures are its own, "
            f"where {evidence.expected:.1f} would be at {rules.c.margin:g} times the rate; "
            f"evidence 10^{evidence.log10_e:.1f} (limit 10^{limit:g})"
        ),
        numbers={
            "failures_new": evidence.new,
            "failures_old": evidence.old,
            "expected_new": round(evidence.expected, 3),
            "margin": rules.c.margin,
            "limit_log10": limit,
        },
    )
