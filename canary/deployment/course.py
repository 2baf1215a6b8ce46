"""PURE: the ways that a deployment can take, each of which gives its next point; when it takes which is decided elsewhere."""

import msgspec

from canary.deployment.findings import findings, step_of
from canary.deployment.sight import Seen
from canary.deployment.spec import NOBODY, Step, servers_of, steps_of
from canary.records.deployments import Before, DeploymentMoved, Pause
from communicator.answers.deployments import Phase

OVERRULED = 16
"""So much of what was overruled is remembered: the newest."""


def move(
    at: DeploymentMoved, phase: Phase, reason: str, *, until_s: float | None = None, **changes: object
) -> DeploymentMoved:
    """The next point of a deployment."""
    changes = {"is_renewed": False, "said_by": "", "pause": at.pause if phase == at.phase else "", **changes}
    return msgspec.structs.replace(
        at,
        phase=phase,
        reason=reason[:256],
        until_at_s=until_s,
        moves=at.moves + 1,
        leader="",
        term=0,
        number=0,
        **changes,
    )


def go_on(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """What comes after the step it is at, or after its shadow, whatever held it there."""
    if at.shadowing is not None:
        return leave_shadow(at, seen, reason)
    if at.spec.shadow is not None and at.place == "pending":
        return enter_shadow(at, seen, reason)
    if at.spec.strategy == "blue-green":
        return promote(at, seen, reason)
    following = at.step + 1 if at.placed else 0
    if following < len(steps_of(at.spec)) and not _is_last(at, following):
        return enter_step(at, seen, following, reason)
    return promote(at, seen, reason)


def resume(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Where it was; the time of a step counts from the beginning, as what was seen before is in the evidence.

    After something bad it is another attempt, so that hosts try again what they could not do.
    """
    at = msgspec.structs.replace(at, attempt=at.attempt + (at.pause == "bad"))
    if at.resume == "shadow":
        return enter_shadow(at, seen, reason)
    if at.resume == "promoting":
        return move(at, "promoting", reason, until_s=promoted_by_s(at, seen))
    if at.resume == "baking":
        return move(at, "baking", reason, until_s=seen.now_s + at.spec.bake)
    if at.resume == "step" and at.spec.strategy == "canary":
        return enter_step(at, seen, at.step, reason)
    if at.resume == "step":
        return move(at, "step", reason, until_s=seen.now_s + at.spec.bake)
    return move(at, "pending", reason)


def overrule(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    """Let nothing that is found now pause it again: whoever goes on has seen it."""
    found = (*at.overruled, *(one.key for one in findings(at, seen)))
    return msgspec.structs.replace(at, overruled=tuple(dict.fromkeys(found))[-OVERRULED:])


def enter_step(at: DeploymentMoved, seen: Seen, number: int, reason: str) -> DeploymentMoved:
    """Begin a step of a canary deployment."""
    step = steps_of(at.spec)[number]
    return move(
        at,
        "step",
        reason,
        until_s=deadline_s(at, seen),
        step=number,
        placed=max(at.placed, servers_of(step.servers, len(at.servers))),
        is_up=False,
        exposed_s=seen.exposed_s,
        failures=seen.failures,
    )


def promote(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Give the version to all servers, also to those that have come since it began. Blue-green switches to it; a shadow ends."""
    if at.spec.strategy == "shadow":
        return leave_shadow(at, seen, reason)
    if at.spec.strategy == "blue-green":
        return move(
            at,
            "promoting",
            reason,
            until_s=promoted_by_s(at, seen),
            placed=len(at.servers),
            colour=at.colour + 1,
            is_switched=True,
            is_up=False,
        )
    known = {one.server for one in at.servers}
    late = (
        [] if at.spec.servers else [_before(server, seen) for server in sorted(seen.instances) if server not in known]
    )
    servers = (*at.servers, *(one for one in late if one.version))
    return move(
        at, "promoting", reason, until_s=promoted_by_s(at, seen), servers=servers, placed=len(servers), is_up=False
    )


def abort(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Go back, to what is up there; where nothing is, stand still and say so."""
    obstacle = _no_way_back(at, seen)
    if obstacle:
        return wait(at, seen, "no_way_back", f"{reason}; and there is no way back: {obstacle}")
    switched_back = {"colour": at.colour + 1, "is_switched": False} if at.is_switched else {}
    return move(at, "aborting", reason, until_s=seen.now_s + at.spec.deadline, is_up=False, **switched_back)


def may_stop_again(at: DeploymentMoved, seen: Seen) -> bool:
    """Whether its shadow is left since its host could not stop it, and nothing else would try that again.

    Where it has steps that are over, hosts may have been changed by hand since: another attempt would change them back.
    """
    doing = None if at.spec.shadow is None else seen.shadowing.get(at.spec.shadow.server)
    if doing is None or not (at.phase == "aborting" or (at.is_over and at.spec.strategy == "shadow")):
        return False
    is_of_it = (doing.task.deployment, doing.task.attempt, doing.task.verb) == (at.id, at.attempt, "stop")
    return is_of_it and doing.outcome is not None and doing.outcome.status not in ("done", "unknown")


def stop_again(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Have the shadow stopped once more; what is over stays so."""
    until_s = None if at.is_over else seen.now_s + at.spec.deadline
    return move(at, at.phase, reason, until_s=until_s, attempt=at.attempt + 1)


def wait(at: DeploymentMoved, seen: Seen, pause: Pause, reason: str) -> DeploymentMoved:
    """Pause."""
    resume = at.resume if at.phase == "paused" else at.phase
    span_s = step_of(at).pause if pause == "objection" else timeout_of(at, pause)[0]
    return move(at, "paused", reason, until_s=seen.now_s + span_s, pause=pause, resume=resume)


def enter_shadow(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Have the version run as a shadow."""
    return move(
        at,
        "shadow",
        reason,
        until_s=seen.now_s + at.spec.deadline,
        is_up=False,
        exposed_s=0.0 if seen.shadow is None else seen.shadow.ran_s,
        failures=0 if seen.shadow is None else seen.shadow.failures,
    )


def leave_shadow(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """What comes after the shadow: all that there is besides; it is stopped by then, or soon."""
    if at.spec.strategy == "shadow":
        return move(at, "done", reason, is_up=False)
    return begin(at, seen, reason)


def begin(at: DeploymentMoved, seen: Seen, reason: str = "") -> DeploymentMoved:
    """Touch the service for the first time."""
    at = msgspec.structs.replace(at, is_up=False)
    because = f"{reason}: " if reason else ""
    if at.spec.strategy == "blue-green":
        text = f"{because}started on standby"
        return move(at, "preparing", text, until_s=deadline_s(at, seen), placed=len(at.servers))
    if restarted(at):
        names = ", ".join(one.server for one in restarted(at))
        text = f"{because}restarting {at.from_version} on {names}"
        return move(at, "preparing", text, until_s=seen.now_s + at.spec.deadline)
    return begin_steps(at, seen, because)


def begin_steps(at: DeploymentMoved, seen: Seen, because: str = "") -> DeploymentMoved:
    """Put it on the first servers, or on all where there is but that step."""
    return (
        promote(at, seen, f"{because}straight")
        if _is_last(at, 0)
        else enter_step(at, seen, 0, f"{because}step 1 of {len(steps_of(at.spec))}")
    )


def restarted(at: DeploymentMoved) -> tuple[Before, ...]:
    """The servers of the old version that are made as young as those of the trial."""
    if not at.spec.equal_age or at.spec.strategy != "canary" or at.spec.executor == NOBODY:
        return ()
    first = servers_of(steps_of(at.spec)[0].servers, len(at.servers))
    return at.servers[first:][-first:]


def _no_way_back(at: DeploymentMoved, seen: Seen) -> str:
    """Of blue-green the old colour has to be up; of canary the old version must not be known to be bad everywhere."""
    concerned = [one for one in at.concerned if one.server in seen.reach]
    if at.is_switched:
        up = any(seen.is_up(one.server, (one.version, one.build)) for one in concerned)
        return "" if up else f"{at.from_version} is not up anywhere"
    faults = [_fault(one, seen) for one in concerned if one.version]
    return faults[0] if at.spec.strategy == "canary" and faults and all(faults) else ""


def _fault(before: Before, seen: Seen) -> str:
    instance = seen.of(before.server, (before.version, before.build))
    return "" if instance is None or not instance.fault else f"{before.server}: {before.version} {instance.fault}"


def _before(server: str, seen: Seen) -> Before:
    running = [one for one in seen.instances[server] if one.is_running]
    found = max(running, key=lambda one: one.has_passed, default=None)
    return Before(server) if found is None else Before(server, found.version, found.build)


def _is_last(at: DeploymentMoved, number: int) -> bool:
    """A last step that only gives the version to all servers is what promoting does."""
    steps = steps_of(at.spec)
    return number == len(steps) - 1 and steps[number] == Step()


def deadline_s(at: DeploymentMoved, seen: Seen) -> float | None:
    """Where somebody else upgrades, it takes as long as it takes."""
    return None if at.spec.executor == NOBODY else seen.now_s + at.spec.deadline


def promoted_by_s(at: DeploymentMoved, seen: Seen) -> float | None:
    """Routers acknowledge colours within seconds, whoever upgrades."""
    return seen.now_s + at.spec.deadline if at.spec.strategy == "blue-green" else deadline_s(at, seen)


def timeout_of(at: DeploymentMoved, pause: Pause) -> tuple[float, str]:
    """How long a pause lasts at most, in seconds, and what follows then: abort or promote."""
    if at.shadowing is not None:
        return at.shadowing.timeout, at.shadowing.on_timeout
    if pause == "gate" and at.spec.strategy == "canary":
        step = step_of(at)
        return step.timeout, step.on_timeout
    return at.spec.timeout, at.spec.on_timeout


def is_over(at: DeploymentMoved, seen: Seen) -> bool:
    """Whether the time of what it waits for is over."""
    return at.until_at_s is not None and seen.now_s >= at.until_at_s
