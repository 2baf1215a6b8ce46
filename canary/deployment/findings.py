"""PURE: what speaks against a version that is being deployed, and what keeps a step from being over; it moves nothing."""

from collections.abc import Iterator

from canary.deployment.finding import Finding
from canary.deployment.shadow_findings import findings_of_shadow, holds_of_shadow
from canary.deployment.sight import Seen
from canary.deployment.spec import Step, Until, steps_of
from canary.deployment.task import SHADOW
from canary.records.deployments import DeploymentMoved, Pause
from communicator.answers.deployments import ShownCheck
from communicator.wording.spans import span

PACE_SUSPECT_LOG10 = 3.0
"""The evidence of `canary.deployment.pace` at which a deployment pauses,"""
PACE_BLOCK_LOG10 = 5.0
"""and at which it goes back: the rate it stands on is an estimate, so more is asked for than of rule C."""


def step_of(at: DeploymentMoved) -> Step:
    """The step it is at."""
    steps = steps_of(at.spec)
    return steps[min(at.step, len(steps) - 1)]


def findings(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    """What speaks against the new version, the most severe first."""
    found = [*_of_rules(at, seen), *_of_hosts(at, seen)]
    if at.shadowing is not None:
        found += findings_of_shadow(at, seen)
    else:
        found += [*_of_evidence(seen), *_of_checks(at, seen)]
    yield from sorted(found, key=lambda one: not one.is_bad)


def holds(at: DeploymentMoved, seen: Seen) -> tuple[Pause, str]:
    """What keeps a step from being over although its time is; empty: nothing."""
    if at.shadowing is not None:
        return holds_of_shadow(at, seen)
    failing = failing_on(at, seen)
    if failing:
        return (
            "inconclusive",
            f"{at.spec.version} failed on {', '.join(failing)}, and no run has lasted long enough there since",
        )
    missing = [check for check in seen.checks if check.verdict in ("no_data", "error")]
    if missing:
        return "check", f"{missing[0].name}: {missing[0].text or missing[0].value}"
    found = exposure(at, seen)
    if found is None or found.verdict == "ok":
        return "", ""
    return "inconclusive", f"too little was seen in this step: {found.value}; the limit is {found.limit}"


def failing_on(at: DeploymentMoved, seen: Seen) -> list[str]:
    """The servers in reach where the new version has failed and had no success since: that it is up just now says little."""
    found = {one.server: seen.of(one.server, at.trial) for one in at.concerned if one.server in seen.reach}
    return [server for server, instance in found.items() if instance is not None and instance.is_failing]


def exposure(at: DeploymentMoved, seen: Seen) -> ShownCheck | None:
    """How much was seen in a step, and how much has to be; None: its `bake` is all that it asks for."""
    until = step_of(at).until
    if at.spec.strategy != "canary" or until == Until() or not at.placed:
        return None
    exposed_s, failures = max(0.0, seen.exposed_s - at.exposed_s), max(0, seen.failures - at.failures)
    is_enough = (until.time is not None and exposed_s >= until.time) or (
        until.failures is not None and failures >= until.failures
    )
    limits = (
        None if until.time is None else f"{span(until.time)} of the new version",
        None if until.failures is None else f"{until.failures} failures of both",
    )
    return ShownCheck(
        name="exposure",
        verdict="ok" if is_enough else "no_data",
        value=f"{span(exposed_s)} of the new version, {failures} failures of both",
        limit=" or ".join(filter(None, limits)),
        text="enough was seen" if is_enough else "too little was seen yet, which blames nobody",
    )


def _of_rules(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    if seen.held:
        yield Finding(is_bad=True, pause="bad", about="rules", reason=seen.held)
    for one in at.concerned:
        instance = seen.of(one.server, at.trial)
        if instance is not None and instance.fault:
            yield Finding(is_bad=True, pause="bad", about=one.server, reason=f"{one.server}: {instance.fault}")


def _of_hosts(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    step = at.step if at.shadowing is None else SHADOW
    for server, doing in (*seen.doing.items(), *seen.shadowing.items()):
        task, outcome = doing.task, doing.outcome
        is_of_it = (task.deployment, task.step, task.attempt) == (at.id, step, at.attempt)
        if is_of_it and task.verb != "restart" and outcome is not None and outcome.status not in ("done", "unknown"):
            reason = f"{server}: {outcome.sentence or outcome.status}"
            yield Finding(is_bad=True, pause="bad", about=f"task on {server}", reason=reason)


def _of_evidence(seen: Seen) -> Iterator[Finding]:
    if seen.compared is not None and seen.compared.level != "ok":
        is_bad = seen.compared.level == "held"
        yield Finding(is_bad=is_bad, pause="suspect", about="rule c", reason=seen.compared.reason)
    pace = seen.pace
    if pace.log10_e >= PACE_SUSPECT_LOG10:
        reason = (
            f"{pace.failures} failures, where {pace.expected:.1f} were to be expected; evidence 10^{pace.log10_e:.1f}"
        )
        yield Finding(is_bad=pace.log10_e >= PACE_BLOCK_LOG10, pause="suspect", about="pace", reason=reason)


def _of_checks(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    aborting = {check.name for check in at.spec.checks if check.on_failure == "abort"}
    for check in seen.checks:
        if check.verdict in ("watch", "bad"):
            is_bad = check.verdict == "bad" and check.name in aborting
            yield Finding(is_bad, "check", check.name, f"{check.name}: {check.value}, limit {check.limit}")
