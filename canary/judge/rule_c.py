"""PURE: rule C: does the newest version of a service fail more than the last good one, in the whole cluster? It acts on nothing.

`canary.judge.comparison` gathers what speaks, `canary.judge.two_arms` weighs it, and here it is held against the limits. What was
once found stays: evidence that reached a limit has done so, however the failures fall afterwards. A pardon, or the next version,
starts anew; so does the same version when its hold is over, since no verdict is for ever.

What it sees is told at any time, acted on or not. Where all servers together speak against a version, and not so with any one left
out, that says which server it differs on; it moves nothing, since the server may be at fault as well as the version.
"""

from collections.abc import Iterator

from canary.judge.caps import forbids_hold, is_dry
from canary.judge.compared import LEVELS, Compared, Level, compare
from canary.judge.comparing import Comparison
from canary.judge.comparison import is_due, observe, speaks
from canary.judge.state import State
from canary.judge.two_arms import TwoArms
from canary.records import Cap, ComparedPart, Record, Version, VersionCompared, VersionJudged
from canary.rules import Rules
from communicator.answers.policy import TEXT_CHARACTERS

__all__ = ("compared", "decide_comparisons", "next_deadline_s", "observe")

PARTS = 32
"""Servers told one by one."""


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
        if comparison.log10_e < least and comparison.told == "ok" and service not in due:
            continue  # most of them, after each fact
        verdict = _judge(state, rules, comparison, due.get(service), now_s)
        if verdict is not None:
            found.append(verdict)
    return found


def compared(state: State, rules: Rules, now_s: float) -> list[VersionCompared]:
    """What rule C sees of each service of which a failure counts, or of which something was told before, for the leader to tell.

    Args:
        state: As for `decide_comparisons`.
        rules: Their limits.
        now_s: By the ledger's clock.
    """
    due = _due(state, now_s)
    found = (
        (one, due.get(service))
        for service, one in state.comparisons.items()
        if one.evidence.new + one.evidence.old or service in due or service in state.compared
    )
    return [_told(state, rules, compare(one, rules, now_s, arms), now_s) for one, arms in found]


def _told(state: State, rules: Rules, found: Compared, now_s: float) -> VersionCompared:
    against = found.control or Version(found.trial.service, "", "")
    return VersionCompared(
        **found.trial._asdict(),
        against_version=against.version,
        against_build=against.build,
        level=found.level,
        suppressed_by="" if found.level == "ok" else _cap(state, rules, found.trial, found.level, now_s),
        log10_evidence=round(found.log10_e, 3),
        differs_on=found.differs_on[:PARTS],
        reason=found.reason[:TEXT_CHARACTERS],
        numbers={
            **_numbers(found, found.block_log10),
            "suspect_log10": found.suspect_log10,
            "held_log10": found.block_log10,
        },
        servers=tuple(
            ComparedPart(one.server, one.is_new, one.failures, round(one.seconds, 1), round(one.weight, 3))
            for one in found.servers[:PARTS]
        ),
    )


def next_deadline_s(state: State) -> float | None:
    """When time alone may change a verdict: a failure turns out to count, or a hold is over."""
    ends_s = [until_s for _, until_s in _holds(state)]
    settled_s = [state.unsettled[0].at_s + state.compare_settle_s] if state.unsettled else []
    return min(ends_s + settled_s, default=None)


def _due(state: State, now_s: float) -> dict[str, TwoArms]:
    """By service, the evidence with the failures that nothing can excuse any more, and that no entry has let us count yet."""
    found: dict[str, TwoArms] = {}
    for failure in state.unsettled:
        if not is_due(state, failure, now_s):
            break
        service = failure.trial.service
        comparison = state.comparisons.get(service)
        if comparison is not None and speaks(state, comparison, failure):
            if service not in found:
                found[service] = comparison.arms.copy()
            found[service].add(failure.failed, state.compare_margin)
    return found


def _judge(
    state: State, rules: Rules, comparison: Comparison, due: TwoArms | None, now_s: float
) -> VersionJudged | None:
    release = state.releases.get(comparison.trial)
    if release is None or release.state == "held":
        return None
    found = compare(comparison, rules, now_s, due)
    level = max(comparison.told, found.level, key=LEVELS.index)
    if level == "ok" or (level == comparison.told and comparison.told_mode == "enforced"):
        return None
    cap = _cap(state, rules, comparison.trial, level, now_s)
    if level == comparison.told and cap == comparison.told_suppressed_by:
        return None
    return _verdict(found, level, cap, rules, now_s)


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


def _cap(state: State, rules: Rules, trial: Version, level: Level, now_s: float) -> Cap:
    """What forbids to act on it; to be suspect takes nothing from anybody, so that only a dry run does."""
    if level == "held":
        return forbids_hold(state, rules, trial, "c", now_s)
    return "dry_run" if is_dry(rules, "c", trial.service) else ""


def _verdict(found: Compared, level: Level, cap: Cap, rules: Rules, now_s: float) -> VersionJudged:
    limit = found.block_log10 if level == "held" else found.suspect_log10
    return VersionJudged(
        **found.trial._asdict(),
        state=level,
        rule="c",
        mode="detected" if cap else "enforced",
        suppressed_by=cap,
        until_at_s=now_s + rules.a.longest_block_s if level == "held" else None,
        log10_evidence=round(found.log10_e, 3),
        reason=f"{found.reason} (limit 10^{limit:g})",
        numbers=_numbers(found, limit),
    )


def _numbers(found: Compared, limit: float) -> dict[str, float]:
    return {
        "failures_new": found.failures_new,
        "failures_old": found.failures_old,
        "expected_new": round(found.expected_new, 3),
        "pooled_log10": round(found.pooled_log10_e, 3),
        "dispersion": round(found.overdispersion, 3),
        "margin": found.margin,
        "limit_log10": limit,
    }
