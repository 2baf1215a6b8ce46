"""PURE: what follows for a deployment from what is seen of it: a table from phase to function; it begins none and obeys nobody.

Each function gives the next point of the deployment, or None while there is none. A deployment moves on facts that do not go back:
the version is up, a time is over, a verdict was found. Deadlines are ends of a phase, so that nothing that happens puts them off.
Time is by the ledger's clock of the leader.
"""

from collections.abc import Callable, Mapping

import msgspec

from canary.deployment.findings import Finding, findings, holds, step_of
from canary.deployment.sight import Seen
from canary.deployment.spec import NOBODY, Step, servers_of, steps_of
from canary.records.deployments import Before, Deploying, DeploymentMoved, Pause
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
    """What comes after the step it is at, whatever held it there."""
    if at.spec.strategy == "blue-green":
        return promote(at, seen, reason)
    following = at.step + 1
    if following < len(steps_of(at.spec)) and not _is_last(at, following):
        return enter_step(at, seen, following, reason)
    return promote(at, seen, reason)


def enter_step(at: DeploymentMoved, seen: Seen, number: int, reason: str) -> DeploymentMoved:
    """Begin a step of a canary deployment."""
    step = steps_of(at.spec)[number]
    return move(
        at,
        "step",
        reason,
        until_s=_deadline_s(at, seen),
        step=number,
        placed=max(at.placed, servers_of(step.servers, len(at.servers))),
        is_up=False,
        exposed_s=seen.exposed_s,
        failures=seen.failures,
    )


def promote(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Give the version to all servers, also to those that have come since it began; of blue-green: switch to it."""
    if at.spec.strategy == "blue-green":
        return move(
            at,
            "promoting",
            reason,
            until_s=seen.now_s + at.spec.deadline,
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
        at, "promoting", reason, until_s=_deadline_s(at, seen), servers=servers, placed=len(servers), is_up=False
    )


def abort(at: DeploymentMoved, seen: Seen, reason: str) -> DeploymentMoved:
    """Go back, to what is up there; where nothing is, stand still and say so."""
    obstacle = _no_way_back(at, seen)
    if obstacle:
        return wait(at, seen, "no_way_back", f"{reason}; and there is no way back: {obstacle}")
    switched_back = {"colour": at.colour + 1, "is_switched": False} if at.is_switched else {}
    return move(at, "aborting", reason, until_s=seen.now_s + at.spec.deadline, is_up=False, **switched_back)


def wait(at: DeploymentMoved, seen: Seen, pause: Pause, reason: str) -> DeploymentMoved:
    """Pause."""
    resume = at.resume if at.phase == "paused" else at.phase
    span_s = step_of(at).pause if pause == "objection" else timeout_of(at, pause)[0]
    return move(at, "paused", reason, until_s=seen.now_s + span_s, pause=pause, resume=resume)


def _pending(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if not any(one.server in seen.reach for one in at.servers):
        return None
    if not at.from_version:
        return promote(at, seen, "the first version of this service: no steps")
    if at.spec.strategy == "blue-green":
        return move(at, "preparing", "started on standby", until_s=_deadline_s(at, seen), placed=len(at.servers))
    if restarted(at):
        names = ", ".join(one.server for one in restarted(at))
        return move(at, "preparing", f"restarting {at.from_version} on {names}", until_s=seen.now_s + at.spec.deadline)
    return _begin_steps(at, seen)


def _begin_steps(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    return (
        promote(at, seen, "straight")
        if _is_last(at, 0)
        else enter_step(at, seen, 0, f"step 1 of {len(steps_of(at.spec))}")
    )


def restarted(at: DeploymentMoved) -> tuple[Before, ...]:
    """The servers of the old version that are made as young as those of the trial."""
    if not at.spec.equal_age or at.spec.strategy != "canary" or at.spec.executor == NOBODY:
        return ()
    first = servers_of(steps_of(at.spec)[0].servers, len(at.servers))
    return at.servers[first:][-first:]


def _preparing(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.spec.strategy == "blue-green":
        return _fail_if_bad(at, seen) or _standby_is_up(at, seen)
    waiting = [one.server for one in restarted(at) if one.server in seen.reach and not _has_done(at, seen, one.server)]
    if waiting and not _is_over(at, seen):
        return None
    return _begin_steps(at, seen)


def _standby_is_up(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if _all_up(at, seen):
        return move(at, "step", "tested on standby", until_s=seen.now_s + at.spec.bake, is_up=True)
    return _late(at, seen) if _is_over(at, seen) else None


def _step(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    failed = _fail_if_bad(at, seen)
    if failed is not None:
        return failed
    if not at.is_up:
        if _all_up(at, seen):
            return move(at, "step", "up", until_s=seen.now_s + step_of(at).bake, is_up=True)
        return _late(at, seen) if _is_over(at, seen) else None
    if not _is_over(at, seen):
        return None
    if not _all_up(at, seen):
        is_gone = at.until_at_s is not None and seen.now_s >= at.until_at_s + at.spec.deadline
        return _late(at, seen) if is_gone else None
    pause, reason = holds(at, seen)
    return wait(at, seen, pause, reason) if pause else _after_step(at, seen)


def _after_step(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
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
    bad = next((one for one in findings(at, seen) if one.is_bad), None)
    if bad is not None and at.pause not in ("bad", "no_way_back"):
        return _fail(at, seen, bad)
    return _cleared(at, seen) or (_paused_long(at, seen) if _is_over(at, seen) else None)


def _cleared(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    """What it waited for has come."""
    if at.pause in ("inconclusive", "check") and at.is_up and at.resume == "step":
        is_clear = next(findings(at, seen), None) is None and not holds(at, seen)[0]
        return _after_step(at, seen) if is_clear else None
    return _baking_from(at, seen) if at.pause == "unacknowledged" and not seen.behind & seen.reach else None


def _paused_long(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.pause == "objection":
        return go_on(at, seen, "nobody has objected")
    after = timeout_of(at, at.pause)[1]
    reason = f"paused too long: {at.reason}"
    if after == "promote":
        return go_on(at, seen, reason)
    return None if at.pause == "no_way_back" else abort(at, seen, reason)


def _promoting(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    failed = _fail_if_bad(at, seen)
    if failed is not None:
        return failed
    behind = seen.behind & seen.reach if at.spec.strategy == "blue-green" else frozenset[str]()
    if not _all_up(at, seen):
        return _late(at, seen) if _is_over(at, seen) else None
    if not behind:
        return _baking_from(at, seen)
    return (
        wait(at, seen, "unacknowledged", f"not acknowledged by {', '.join(sorted(behind))}")
        if _is_over(at, seen)
        else None
    )


def _baking_from(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    span_s = max(at.spec.bake, at.spec.keep) if at.spec.strategy == "blue-green" else at.spec.bake
    return move(at, "baking", "all servers have it", until_s=seen.now_s + span_s, is_up=True)


def _baking(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    failed = _fail_if_bad(at, seen)
    if failed is not None or not _is_over(at, seen):
        return failed
    away = [one.server for one in at.concerned if one.server not in seen.reach and one.server in seen.members]
    return move(at, "done", f"done; {', '.join(away)} out of reach get it when they are back" if away else "done")


def _aborting(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    if at.spec.strategy == "blue-green" and seen.behind & seen.reach and not _is_over(at, seen):
        return None
    waiting = [one.server for one in at.concerned if one.server in seen.reach and not _is_back(at, one, seen)]
    if waiting and not _is_over(at, seen):
        return None
    if waiting:
        return move(at, "rolled_back", f"{at.reason}; {at.spec.version} is still on {', '.join(waiting)}")
    return move(at, "rolled_back", at.reason)


def _is_back(at: DeploymentMoved, before: Before, seen: Seen) -> bool:
    doing = seen.doing.get(before.server)
    if doing is not None and doing.outcome is None:
        return False  # it may put there what is to go
    if before.version and at.spec.strategy == "canary":
        return seen.is_up(before.server, (before.version, before.build))
    return not seen.is_up(before.server, at.trial)


def _fail_if_bad(at: DeploymentMoved, seen: Seen) -> DeploymentMoved | None:
    found = next(findings(at, seen), None)
    return None if found is None else _fail(at, seen, found)


def _fail(at: DeploymentMoved, seen: Seen, found: Finding) -> DeploymentMoved:
    if not found.is_bad:
        return wait(at, seen, found.pause, found.reason)
    return wait(at, seen, "bad", found.reason) if at.spec.on_failure == "pause" else abort(at, seen, found.reason)


def _late(at: DeploymentMoved, seen: Seen) -> DeploymentMoved:
    waiting = [one.server for one in at.concerned if not seen.is_up(one.server, at.trial)]
    reason = f"{at.spec.version} is not up on {', '.join(waiting)} within {at.spec.deadline:.0f} s"
    return _fail(at, seen, Finding(is_bad=True, pause="bad", reason=reason))


def _all_up(at: DeploymentMoved, seen: Seen) -> bool:
    """Whoever is out of reach gets it when it is back; of nobody nothing is known."""
    concerned = [one.server for one in at.concerned if one.server in seen.reach]
    return bool(concerned) and all(seen.is_up(server, at.trial) for server in concerned)


def _has_done(at: DeploymentMoved, seen: Seen, server: str) -> bool:
    doing = seen.doing.get(server)
    return doing is not None and doing.task.deployment == at.id and doing.outcome is not None


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


def _deadline_s(at: DeploymentMoved, seen: Seen) -> float | None:
    """Where somebody else upgrades, it takes as long as it takes."""
    return None if at.spec.executor == NOBODY else seen.now_s + at.spec.deadline


def timeout_of(at: DeploymentMoved, pause: Pause) -> tuple[float, str]:
    """How long a pause lasts at most, in seconds, and what follows then."""
    if pause == "gate" and at.spec.strategy == "canary":
        step = step_of(at)
        return step.timeout, step.on_timeout
    return at.spec.timeout, at.spec.on_timeout


def _is_over(at: DeploymentMoved, seen: Seen) -> bool:
    return at.until_at_s is not None and seen.now_s >= at.until_at_s


_PHASES: Mapping[Phase, Callable[[DeploymentMoved, Seen], DeploymentMoved | None]] = {
    "pending": _pending,
    "preparing": _preparing,
    "step": _step,
    "paused": _paused,
    "promoting": _promoting,
    "baking": _baking,
    "aborting": _aborting,
}
