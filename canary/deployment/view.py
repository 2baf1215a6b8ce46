"""PURE: a deployment as people and programs see it: where it stands, why, what was seen, what is next; it moves nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from canary.deployment.course import may_stop_again, timeout_of
from canary.deployment.duty import BACK
from canary.deployment.findings import PACE_BLOCK_LOG10, PACE_SUSPECT_LOG10, exposure, step_of
from canary.deployment.shadow_findings import checks_of_shadow
from canary.deployment.sight import Seen
from canary.deployment.spec import NOBODY, Shadowing, Step, servers_of, steps_of
from canary.records.deployments import Before, Deploying, DeploymentMoved, Doing
from communicator.answers.deployments import (
    Deployment,
    Phase,
    Point,
    ServerState,
    ShownCheck,
    ShownServer,
    ShownStep,
    StepState,
    Verdict,
)
from communicator.answers.policy import ALL
from communicator.wording.spans import span

_LEVELS: Mapping[str, Verdict] = {"ok": "ok", "suspect": "watch", "held": "bad"}
HUMAN = ("hand", "gate", "suspect", "bad", "check", "no_way_back", "unacknowledged")
"""The pauses in which somebody has to say something; the others end by themselves."""


def describe(deploying: Deploying, seen: Seen, points: Sequence[Point]) -> Deployment:
    """A deployment, as it is told.

    Args:
        deploying: Where it is.
        seen: What is seen of it now.
        points: The evidence since it began.
    """
    at, compared = deploying.at, seen.compared
    left_s = None if at.until_at_s is None or at.is_over else at.until_at_s - seen.now_s
    return Deployment(
        id=at.id,
        name=at.spec.name,
        service=at.service,
        version=at.spec.version,
        build=at.spec.build,
        from_version=at.from_version,
        from_build=at.from_build or "*",
        strategy=at.spec.strategy,
        executor=at.spec.executor,
        phase=at.phase,
        reason=at.reason,
        needs_human=at.phase == "paused" and at.pause in HUMAN,
        as_shadow=at.shadowing is not None,
        may_stop_again=may_stop_again(at, seen),
        step=at.step,
        steps=tuple(_steps(at)),
        attempt=at.attempt,
        servers=(*(_server(at, one, seen) for one in at.servers), *_shadow(at, seen)),
        checks=() if at.is_over else (*checks_of_shadow(at, seen), *_rules(seen), *_exposure(at, seen), *seen.checks),
        log10_evidence=0.0 if compared is None else compared.log10_e,
        suspect_log10=0.0 if compared is None else compared.suspect_log10,
        block_log10=0.0 if compared is None else compared.block_log10,
        points=tuple(points),
        next=_NEXT[at.phase](at),
        left_s=None if left_s is None else max(0.0, left_s),
        is_overdue=left_s is not None and left_s < 0,
        active="" if at.spec.strategy != "blue-green" else at.spec.version if at.is_switched else at.from_version,
        behind=() if at.is_over else tuple(sorted(seen.behind & seen.reach)),
        by=at.by,
        began_ago_s=max(0.0, seen.now_s - deploying.began_s),
        in_phase_s=max(0.0, seen.now_s - deploying.since_s),
        number=at.moves,
    )


def _steps(at: DeploymentMoved) -> Iterable[ShownStep]:
    if at.spec.strategy == "shadow":
        yield from _shadow_step(at, -1)
        return
    if at.spec.strategy == "blue-green":
        names = (
            ("start on standby", "preparing"),
            ("test", "step"),
            ("switch", "promoting"),
            ("keep the old one", "baking"),
        )
        is_before = at.spec.shadow is not None and not at.placed
        first = -1 if is_before else 0
        now = next((number for number, (_name, phase) in enumerate(names) if phase == at.place), first)
        yield from _shadow_step(at, now)
        for number, (name, _phase) in enumerate(names):
            yield ShownStep(text=name, state=_state(number, now, is_over=at.phase == "done"))
        return
    steps = steps_of(at.spec)
    is_before = at.spec.shadow is not None and not at.placed and at.place != "preparing"
    now = len(steps) if at.place in ("promoting", "baking") else -1 if is_before else at.step
    yield from _shadow_step(at, now)
    for number, step in enumerate(steps):
        state = _state(number, now, is_over=at.phase == "done")
        yield ShownStep(text=step_text(step, len(at.servers)), state=state, bake_s=step.bake, pauses=step.pause is True)


def _shadow_step(at: DeploymentMoved, now: int) -> Iterable[ShownStep]:
    """It comes before the first step, which is number 0."""
    if at.spec.shadow is not None:
        state = _state(-1, now, is_over=at.phase == "done")
        yield ShownStep(text=shadow_text(at.spec.shadow), state=state, bake_s=at.spec.shadow.bake, as_shadow=True)


def shadow_text(shadow: Shadowing) -> str:
    """A shadow in words.

    Args:
        shadow: What the deployment says of it.
    """
    primary = "each server" if shadow.primary == ALL else shadow.primary
    return f"a shadow on {shadow.server}, with {shadow.share * 100:g} % of the conversations of {primary}"


def _shadow(at: DeploymentMoved, seen: Seen) -> Iterable[ShownServer]:
    """The host of the shadow, as long as one is wanted there or may be there."""
    shadow = at.spec.shadow
    if shadow is None or seen.shadow is None or not (at.shadowing or seen.shadow.left):
        return
    is_up = at.shadowing is not None and not seen.shadow.down
    doing = seen.shadowing.get(shadow.server)
    is_told = doing is not None and doing.task.deployment == at.id and not is_up
    told = _told(doing) if is_told and doing is not None and (at.shadowing or doing.task.verb == "stop") else ""
    is_failed = bool(told) and doing is not None and doing.outcome is not None and doing.outcome.status != "done"
    state: ServerState = "failed" if is_failed else "running" if is_up else "wanted"
    yield ShownServer(
        server=shadow.server,
        version=at.spec.version,
        build=at.spec.build,
        state=state if shadow.server in seen.reach else "away",
        text="; ".join(filter(None, ("as a shadow" if at.shadowing else "stops being a shadow", told))),
        acknowledged=at.is_over or shadow.server not in seen.behind,
    )


def _state(number: int, now: int, *, is_over: bool) -> StepState:
    return "done" if is_over or number < now else "current" if number == now else "next"


def step_text(step: Step, total: int) -> str:
    """A step in words.

    Args:
        step: Which one.
        total: How many servers there are.
    """
    count = servers_of(step.servers, total)
    part = "" if isinstance(step.servers, int) else f"{step.servers.removesuffix('%')} %: "
    weight = "" if step.weight == 1 else f", {step.weight * 100:g} % of their traffic"
    return f"{part}{count} of {total} servers{weight}"


def _server(at: DeploymentMoved, one: Before, seen: Seen) -> ShownServer:
    is_back = at.phase in ("aborting", "rolled_back")
    is_new = one in at.concerned and not is_back
    version, build = at.trial if is_new else (one.version, one.build or "*")
    state, text = _standing(one.server, (version, build), seen)
    doing = seen.doing.get(one.server)
    told = "" if doing is None or doing.task.deployment != at.id else _told(doing)
    is_failed = bool(told) and doing is not None and doing.outcome is not None and doing.outcome.status != "done"
    return ShownServer(
        server=one.server,
        version=version,
        build=build,
        is_new=is_new,
        state="failed" if is_failed and state == "wanted" else state,
        text="; ".join(filter(None, (text, told if state == "wanted" else ""))),
        acknowledged=at.is_over or one.server not in seen.behind,
    )


def _standing(server: str, wanted: tuple[str, str], seen: Seen) -> tuple[ServerState, str]:
    if server not in seen.reach:
        return "away", "out of reach"
    instance = seen.of(server, wanted)
    if not wanted[0]:
        return "running", "nothing is to run there"
    if instance is not None and instance.is_running:
        return "running", instance.fault
    return "wanted", "" if instance is None else instance.fault


def _told(doing: Doing) -> str:
    what = f"{doing.task.verb}{' back' if doing.task.step == BACK else ''}"
    if doing.outcome is None:
        return f"{what} is under way"
    return f"{what}: {doing.outcome.status}" + (f", {doing.outcome.sentence}" if doing.outcome.sentence else "")


def _rules(seen: Seen) -> Iterable[ShownCheck]:
    compared, pace = seen.compared, seen.pace
    if compared is not None and compared.control is not None:
        limits = f"10^{compared.suspect_log10:g} pauses, 10^{compared.block_log10:g} goes back"
        value = f"10^{compared.log10_e:.1f}"
        yield ShownCheck(
            name="rule c", verdict=_LEVELS[compared.level], value=value, limit=limits, text=compared.reason
        )
        verdict: Verdict = (
            "bad" if pace.log10_e >= PACE_BLOCK_LOG10 else "watch" if pace.log10_e >= PACE_SUSPECT_LOG10 else "ok"
        )
        limits = f"10^{PACE_SUSPECT_LOG10:g} pauses, 10^{PACE_BLOCK_LOG10:g} goes back"
        text = (
            f"{pace.failures} failures, where at most {pace.expected:.1f} were to be expected by the old version's past"
        )
        yield ShownCheck(
            name="failures per time", verdict=verdict, value=f"10^{pace.log10_e:.1f}", limit=limits, text=text
        )


def _exposure(at: DeploymentMoved, seen: Seen) -> Iterable[ShownCheck]:
    found = exposure(at, seen) if at.place == "step" and at.is_up else None
    return () if found is None else (found,)


def _shadow_next(at: DeploymentMoved) -> str:
    if not at.is_up:
        return f"{at.spec.version} is up as a shadow"
    if at.spec.strategy == "shadow":
        return "done: the shadow is stopped"
    return "the start on standby" if at.spec.strategy == "blue-green" else "step 1"


def _step_next(at: DeploymentMoved) -> str:
    if at.spec.strategy == "blue-green":
        return "the switch" if at.spec.promote == "by itself" else "a person says promote"
    if not at.is_up:
        return f"{at.spec.version} is up on {at.placed} servers" + (
            ", put there by somebody else" if at.spec.executor == NOBODY else ""
        )
    if step_of(at).pause is True:
        return "a person says promote"
    following = at.step + 1
    steps = steps_of(at.spec)
    return step_text(steps[following], len(at.servers)) if following < len(steps) else "all servers"


def _paused_next(at: DeploymentMoved) -> str:
    if at.pause == "objection":
        return "it goes on, unless somebody objects"
    if at.pause == "no_way_back":
        return "a person decides: promote, or mend what it would go back to"
    timeout_s, then = timeout_of(at, at.pause)
    return f"a person says promote or abort; after {span(timeout_s)} it says {then} itself"


_NEXT: Mapping[Phase, Callable[[DeploymentMoved], str]] = {
    "pending": lambda _at: "it begins when one of its servers is in reach",
    "shadow": _shadow_next,
    "preparing": lambda at: "the test" if at.spec.strategy == "blue-green" else "step 1",
    "step": _step_next,
    "paused": _paused_next,
    "promoting": lambda _at: "all routers acknowledge, or all servers have it",
    "baking": lambda at: "the old colour is stopped" if at.spec.strategy == "blue-green" else "done",
    "aborting": lambda _at: "it is rolled back",
    "done": lambda _at: "",
    "rolled_back": lambda _at: "bellwether deploy retry, or a deployment of what mends it",
    "superseded": lambda _at: "",
}
