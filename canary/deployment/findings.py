"""PURE: what speaks against a version that is being deployed, and what keeps a step from being over; it moves nothing."""

from collections.abc import Iterator
from typing import NamedTuple

from canary.deployment.sight import Seen
from canary.deployment.spec import Step, Until, steps_of
from canary.records.deployments import DeploymentMoved, Pause

PACE_SUSPECT_LOG10 = 3.0
"""The evidence of `canary.deployment.pace` at which a deployment pauses,"""
PACE_BLOCK_LOG10 = 5.0
"""and at which it goes back: the rate it stands on is an estimate, so more is asked for than of rule C."""


class Finding(NamedTuple):
    """Something that speaks against the new version."""

    is_bad: bool
    """It goes back; else it pauses."""
    pause: Pause
    reason: str


def step_of(at: DeploymentMoved) -> Step:
    """The step it is at."""
    steps = steps_of(at.spec)
    return steps[min(at.step, len(steps) - 1)]


def findings(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    """What speaks against the new version, the most severe first."""
    found = [*_of_rules(at, seen), *_of_hosts(at, seen), *_of_evidence(seen), *_of_checks(at, seen)]
    yield from sorted(found, key=lambda one: not one.is_bad)


def holds(at: DeploymentMoved, seen: Seen) -> tuple[Pause, str]:
    """What keeps a step from being over although its time is; empty: nothing."""
    missing = [check for check in seen.checks if check.verdict in ("no_data", "error")]
    if missing:
        return "check", f"{missing[0].name}: {missing[0].text or missing[0].value}"
    until = step_of(at).until
    if at.spec.strategy != "canary" or until == Until() or not at.placed:
        return "", ""
    exposed_s, failures = seen.exposed_s - at.exposed_s, seen.failures - at.failures
    reached = (
        until.time is not None and exposed_s >= until.time,
        until.failures is not None and failures >= until.failures,
        until.messages is not None and (seen.messages or 0) >= until.messages,
    )
    if any(reached):
        return "", ""
    return (
        "inconclusive",
        f"too little was seen: the new version ran {exposed_s:.0f} s in this step, and {failures} failures were seen",
    )


def _of_rules(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    if seen.held:
        yield Finding(is_bad=True, pause="bad", reason=seen.held)
    for one in at.concerned:
        instance = seen.of(one.server, at.trial)
        if instance is not None and instance.fault:
            yield Finding(is_bad=True, pause="bad", reason=f"{one.server}: {instance.fault}")


def _of_hosts(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    for server, doing in seen.doing.items():
        task, outcome = doing.task, doing.outcome
        is_of_it = (task.deployment, task.step, task.attempt) == (at.id, at.step, at.attempt)
        if is_of_it and task.verb != "restart" and outcome is not None and outcome.status not in ("done", "unknown"):
            yield Finding(is_bad=True, pause="bad", reason=f"{server}: {outcome.sentence or outcome.status}")


def _of_evidence(seen: Seen) -> Iterator[Finding]:
    if seen.compared is not None and seen.compared.level != "ok":
        yield Finding(is_bad=seen.compared.level == "held", pause="suspect", reason=seen.compared.reason)
    pace = seen.pace
    if pace.log10_e >= PACE_SUSPECT_LOG10:
        reason = (
            f"{pace.failures} failures, where {pace.expected:.1f} were to be expected; evidence 10^{pace.log10_e:.1f}"
        )
        yield Finding(is_bad=pace.log10_e >= PACE_BLOCK_LOG10, pause="suspect", reason=reason)


def _of_checks(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    aborting = {check.name for check in at.spec.checks if check.on_failure == "abort"}
    for check in seen.checks:
        if check.verdict in ("watch", "bad"):
            is_bad = check.verdict == "bad" and check.name in aborting
            yield Finding(is_bad, "check", f"{check.name}: {check.value}, limit {check.limit}")
