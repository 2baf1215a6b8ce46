"""PURE: what follows for a deployment from what is seen of it: a table from phase to function; it begins none and obeys nobody.

Each function gives the next point of the deployment, or None while there is none. A deployment moves on facts that do not go back:
the version is up, a time is over, a verdict was found. Deadlines are ends of a phase, so that nothing that happens puts them off.
Time is by the ledger's clock of the leader.
"""

from collections.abc import Callable, Mapping

from canary.deployment.course import (
    abort,
    begin,
    begin_steps,
    enter_shadow,
    go_on,
    is_over,
    move,
    overrule,
    promote,
    restarted,
    resume,
    timeout_of,
    wait,
)
from canary.deployment.finding import Finding
from canary.deployment.findings import failing_on, findings, holds, step_of
from canary.deployment.sight import Seen
from canary.records.deployments import Before, Deploying, DeploymentMoved
from communicator.answers.deployments import Phase

RENEW_S = 10 * 86_400.0
"""How often what does not change is said again: the book forgets what it was not told of for a month."""


def advance(deploying: Deploying, seen: Seen) -> DeploymentMoved | None:
    """What comes next.

    Args:
        deploying: Where the deployment is.
        seen: What is seen of it now.

    Returns:
        Where it is from now on; None: where it was.
    """
    at = deploying.at
    follow = _PHASES.get(at.phase)
    found = None if follow is None else follow(at, seen)
    if found is None and seen.now_s - deploying.since_s > RENEW_S:
        return move(at, at.phase, at.reason, until_s=at.until_at_s, is_renewed=True)
    return found


def _pending(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if not any(one.server in seen.reach for one in at.servers):
        return None
    if not at.from_version:
        return promote(at, seen, "the first version of this service: no steps")
    if at.spec.shadow is not None:
        return enter_shadow(at, seen, f"started as a shadow on {at.spec.shadow.server}")
    return begin(at, seen)


def _shadow(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    bake_s = 0.0 if at.shadowing is None else at.shadowing.bake
    return _watch(at, seen, _late_shadow, is_up=_shadow_is_up(at, seen), begun=("gets copies", bake_s))


def _shadow_is_up(at: DeploymentMoved, seen: Seen) -> bool:
    return seen.shadow is not None and not seen.shadow.down and _is_in_reach(at, seen)


def _is_in_reach(at: DeploymentMoved, seen: Seen) -> bool:
    return at.shadowing is not None and at.shadowing.server in seen.reach


def _late_shadow(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    """That its host cannot be reached says nothing against the version."""
    server = "" if at.shadowing is None else at.shadowing.server
    if not _is_in_reach(at, seen):
        return wait(at, seen, "inconclusive", f"{server}, where the shadow is to run, is out of reach")
    down = ", ".join(seen.shadow.down) if seen.shadow is not None else at.spec.version
    reason = f"{down} is not up as a shadow on {server} within {at.spec.deadline:.0f} s"
    return _fail(at, seen, Finding(is_bad=True, pause="bad", about="deadline", reason=reason))


def _preparing(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.spec.strategy == "blue-green":
        return _fail_if_bad(at, seen) or _standby_is_up(at, seen)
    waiting = [one.server for one in restarted(at) if one.server in seen.reach and not _has_done(at, seen, one.server)]
    if waiting and not is_over(at, seen):
        return None
    return begin_steps(at, seen)


def _standby_is_up(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if _all_up(at, seen):
        return move(at, "step", "tested on standby", until_s=seen.now_s + at.spec.bake, is_up=True)
    return _late(at, seen) if is_over(at, seen) else None


def _step(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    return _watch(at, seen, _late, is_up=_all_up(at, seen), begun=("up", step_of(at).bake))


def _watch(
    at: DeploymentMoved,
    seen: Seen,
    late: Callable[[DeploymentMoved, Seen], DeploymentMoved],
    *,
    is_up: bool,
    begun: tuple[str, float],
) -> DeploymentMoved | None:
    """What a step and a shadow have in common: the version comes up, is watched for a time, and then nothing may hold it.

    Args:
        at: Where the deployment is.
        seen: What is seen of it.
        late: What follows when the version is not up in time.
        is_up: Whether it is up wherever it is to be.
        begun: The reason that is told once it is, and how long it is watched from then, in seconds.
    """
    failed = _fail_if_bad(at, seen)
    if failed is not None:
        return failed
    if not at.is_up:
        if is_up:
            return move(at, at.phase, begun[0], until_s=seen.now_s + begun[1], is_up=True)
        return late(at, seen) if is_over(at, seen) else None
    if not is_over(at, seen):
        return None
    if not is_up:
        is_gone = at.until_at_s is not None and seen.now_s >= at.until_at_s + at.spec.deadline
        return late(at, seen) if is_gone else None
    pause, reason = holds(at, seen)
    return wait(at, seen, pause, reason) if pause else _after_step(at, seen)


def _after_step(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    if at.shadowing is not None:
        return go_on(at, seen, "its shadow has shown nothing")
    if at.spec.strategy == "blue-green":
        return (
            wait(at, seen, "gate", "waits for promote")
            if at.spec.promote == "by hand"
            else promote(at, seen, "switching")
        )
    step = step_of(at)
    if step.pause is True:
        return wait(at, seen, "gate", f"step {at.step + 1} is over and waits for promote")
    if step.pause:
        return wait(at, seen, "objection", f"step {at.step + 1} is over and goes on unless somebody objects")
    return go_on(at, seen, f"step {at.step + 1} is over")


def _paused(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    found = _found(at, seen)
    if found is not None and at.pause not in ("bad", "no_way_back") and (found.is_bad or at.pause in _UNATTENDED):
        return _fail(at, seen, found)
    return _cleared(at, seen) or (_paused_long(at, seen) if is_over(at, seen) else None)


def _cleared(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    """What it waited for has come."""
    if at.pause == "inconclusive" and at.resume == "shadow" and not at.is_up:
        return resume(at, seen, "its host is back") if _is_in_reach(at, seen) else None
    if at.pause in ("inconclusive", "check") and at.is_up and at.resume in ("shadow", "step"):
        is_clear = _found(at, seen) is None and not holds(at, seen)[0]
        return _after_step(at, seen) if is_clear else None
    return _baking_from(at, seen) if at.pause == "unacknowledged" and not seen.behind & seen.reach else None


def _paused_long(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.pause == "objection":
        pause, reason = holds(at, seen)
        return wait(at, seen, pause, reason) if pause else go_on(at, seen, "nobody has objected")
    after = timeout_of(at, at.pause)[1]
    reason = f"paused too long: {at.reason}"
    if after == "promote":
        is_ready = at.resume == "shadow" or (
            at.resume == "step" and (at.spec.strategy == "canary" or _all_up(at, seen))
        )
        return (go_on if is_ready else resume)(overrule(at, seen), seen, reason)
    return None if at.pause == "no_way_back" else abort(at, seen, reason)


def _promoting(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    failed = _fail_if_bad(at, seen)
    if failed is not None:
        return failed
    behind = seen.behind & seen.reach if at.spec.strategy == "blue-green" else frozenset[str]()
    if not _all_up(at, seen):
        return _late(at, seen) if is_over(at, seen) else None
    if not behind:
        return _baking_from(at, seen)
    return (
        wait(at, seen, "unacknowledged", f"not acknowledged by {', '.join(sorted(behind))}")
        if is_over(at, seen)
        else None
    )


def _baking_from(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    span_s = max(at.spec.bake, at.spec.keep) if at.spec.strategy == "blue-green" else at.spec.bake
    return move(at, "baking", "all servers have it", until_s=seen.now_s + span_s, is_up=True)


def _baking(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    failed = _fail_if_bad(at, seen)
    if failed is not None or not is_over(at, seen) or failing_on(at, seen):
        return failed
    away = [one.server for one in at.concerned if one.server not in seen.reach and one.server in seen.members]
    return move(at, "done", f"done; {', '.join(away)} out of reach get it when they are back" if away else "done")


def _aborting(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.spec.strategy == "blue-green" and seen.behind & seen.reach and not is_over(at, seen):
        return None
    waiting = [one.server for one in at.concerned if one.server in seen.reach and not _is_back(at, one, seen)]
    if (
        at.spec.shadow is not None
        and at.spec.shadow.server in seen.reach
        and seen.shadow is not None
        and seen.shadow.left
    ):
        waiting.append(f"{at.spec.shadow.server}, where the shadow is")
    if waiting and not is_over(at, seen):
        return None
    if waiting:
        return move(at, "rolled_back", f"{at.reason}; not back on {', '.join(waiting)} yet")
    return move(at, "rolled_back", at.reason)


def _is_back(at: DeploymentMoved, before: Before, seen: Seen) -> bool:
    doing = seen.doing.get(before.server)
    if doing is not None and doing.outcome is None:
        return False  # it may put there what is to go
    if before.version and at.spec.strategy == "canary":
        return seen.is_up(before.server, (before.version, before.build))
    return not seen.is_up(before.server, at.trial)


def _fail_if_bad(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    found = _found(at, seen)
    return None if found is None else _fail(at, seen, found)


def _found(at: DeploymentMoved, seen: Seen) -> Finding | None:
    """The most severe of what is found and was not overruled; nobody overrules what goes back."""
    goes_back = at.spec.on_failure == "abort"
    found = findings(at, seen)
    return next((one for one in found if (one.is_bad and goes_back) or one.key not in at.overruled), None)


def _fail(at: DeploymentMoved, seen: Seen, found: Finding) -> DeploymentMoved:
    if not found.is_bad:
        return wait(at, seen, found.pause, found.reason)
    return wait(at, seen, "bad", found.reason) if at.spec.on_failure == "pause" else abort(at, seen, found.reason)


def _late(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    waiting = [one.server for one in at.concerned if not seen.is_up(one.server, at.trial)]
    reason = f"{at.spec.version} is not up on {', '.join(waiting)} within {at.spec.deadline:.0f} s"
    return _fail(at, seen, Finding(is_bad=True, pause="bad", about="deadline", reason=reason))


def _all_up(at: DeploymentMoved, seen: Seen) -> bool:
    """Whoever is out of reach gets it when it is back; of nobody nothing is known."""
    concerned = [one.server for one in at.concerned if one.server in seen.reach]
    return bool(concerned) and all(seen.is_up(server, at.trial) for server in concerned)


def _has_done(at: DeploymentMoved, seen: Seen, server: str) -> bool:
    doing = seen.doing.get(server)
    return doing is not None and doing.task.deployment == at.id and doing.outcome is not None


_UNATTENDED = ("objection", "inconclusive", "unacknowledged")
"""The pauses that end by themselves: what is found meanwhile has to stop them."""
_PHASES: Mapping[Phase, Callable[[DeploymentMoved, Seen], DeploymentMoved | None]] = {
    "pending": _pending,
    "shadow": _shadow,
    "preparing": _preparing,
    "step": _step,
    "paused": _paused,
    "promoting": _promoting,
    "baking": _baking,
    "aborting": _aborting,
}
