"""PURE: what a host has to do for a deployment, from where that is; it does nothing."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from canary.deployment.course import restarted
from canary.deployment.shadow_duty import Shadows, shadow_task_of, wanted_here
from canary.deployment.sight import Instance
from canary.deployment.spec import NOBODY
from canary.deployment.task import Task, Verb
from canary.records.deployments import Before, DeploymentMoved, Doing, matches

BACK = -1
"""The step of a task that leads back."""
BACKWARDS = frozenset(("aborting", "rolled_back"))
"""The phases in which tasks lead back."""


class Host(NamedTuple):
    """A host, as far as one service is concerned."""

    me: str
    instances: tuple[Instance, ...] = ()
    """The versions of the service there."""
    last: Doing | None = None
    """The last task of it there, but for those about shadows."""
    shadows: Shadows = Shadows()
    is_obeyed: bool = False
    """Whether its router obeys what was decided last."""


def task_of(at: DeploymentMoved | None, host: Host) -> Task | None:
    """The next thing to be done on a host.

    Shadows come first: while one may run there, nothing else is done, and then nothing before the fence is gone.

    Args:
        at: Where the deployment is; None: there is none any more.
        host: What is there.

    Returns:
        A task; None: nothing, for all is as it is to be, or it was done once and is not done again.
    """
    if host.shadows.kept or wanted_here(at, host.me):
        return shadow_task_of(at, host.me, host.shadows)
    if at is None or (host.shadows.last is not None and not host.shadows.fence.is_gone(at.service)):
        return None
    return _service_task(at, host)


def _service_task(at: DeploymentMoved, host: Host) -> Task | None:
    """Of the service itself."""
    before, last = next((one for one in at.servers if one.server == host.me), None), host.last
    if (
        before is None
        or at.spec.executor == NOBODY
        or at.shadowing is not None
        or at.phase in ("pending", "superseded")
    ):
        return None
    if matches(at.trial, before.version, before.build) and at.phase in (*BACKWARDS, "done"):
        return None  # it had the version already
    put = "" if last is None or last.task.verb in ("stop", "restart") else last.task.version
    here = Here(host.instances, put, host.is_obeyed)
    task = _leftover(at, before, here) or _FOLLOW[at.spec.strategy](at, before, here)
    return None if task is None or (last is not None and _is_repeated(at, before, task, last)) else task


def _is_repeated(at: DeploymentMoved, before: Before, task: Task, last: Doing) -> bool:
    """Whether it was done in this step, or what is over was done: then whatever runs here is somebody's who has come later."""
    was = last.task
    if (was.deployment, was.attempt, was.step == BACK) != (task.deployment, task.attempt, task.step == BACK):
        return False
    if (was.step, was.verb, was.version) == (task.step, task.verb, task.version):
        return True
    has_put = was.verb in ("replace", "start") and was.version == task.version
    has_made_room = was.verb == "stop" and was.version == before.version
    is_done = last.outcome is not None and last.outcome.status == "done"
    return at.is_over and task.verb != "stop" and is_done and (has_put or has_made_room)


class Here(NamedTuple):
    """The service on this host."""

    instances: tuple[Instance, ...]
    put: str
    """The version that was put here last by a task; empty: none was, or it was stopped."""
    is_obeyed: bool

    def runs(self, wanted: tuple[str, str]) -> bool:
        """Whether a version runs here."""
        return any(one.is_running and matches(wanted, one.version, one.build) for one in self.instances)

    def has(self, wanted: tuple[str, str]) -> bool:
        """Whether a version runs here, or was put here and may be about to be started once more."""
        return self.put == wanted[0] or self.runs(wanted)

    def previous(self, wanted: tuple[str, str], before: str) -> str:
        """What makes room for a version: what runs, before what was put here last, which may have failed and never run."""
        running = sorted((one.version for one in self.instances if one.is_running), key=lambda one: one != self.put)
        return next((one for one in (*running, self.put, before) if one and one != wanted[0]), "")


def _leftover(at: DeploymentMoved, before: Before, here: Here) -> Task | None:
    """What was put here beside the old version, or in its place, by a deployment that this one has taken the place of."""
    old = (before.version, before.build)
    if not at.supersedes or not here.put or here.put in (before.version, at.spec.version):
        return None
    if here.runs(old):
        return _make(at, "stop", (here.put, "*"))
    is_next = at.spec.strategy == "canary" and before in at.concerned and at.phase not in BACKWARDS
    return None if is_next or not before.version else _make(at, "replace", old, here.put)


def _canary(at: DeploymentMoved, before: Before, here: Here) -> Task | None:
    old, is_back = (before.version, before.build), at.phase in BACKWARDS
    if at.phase == "preparing":
        return _make(at, "restart", old) if before in restarted(at) else None
    if before in at.concerned and not is_back:
        is_wanted = here.runs(at.trial) or (at.phase == "paused" and not at.is_up)
        return None if is_wanted else _make(at, "replace", at.trial, here.previous(at.trial, before.version))
    if before not in at.concerned and not at.supersedes:  # else it may have what was superseded
        return None
    if not before.version:
        return _make(at, "stop", at.trial) if here.has(at.trial) else None
    return None if here.runs(old) else _make(at, "replace", old, here.previous(old, ""))


def _blue_green(at: DeploymentMoved, before: Before, here: Here) -> Task | None:
    """The old colour is stopped only when the router of its host sends everything to the new one, and the other way round."""
    old = (before.version, before.build)
    if at.phase in BACKWARDS:
        if not here.is_obeyed or not here.has(at.trial):
            return None
        is_alone = before.version and not here.runs(old)
        return _make(at, "replace", old, at.spec.version) if is_alone else _make(at, "stop", at.trial)
    if not here.runs(at.trial):
        return None if at.phase == "paused" else _make(at, "start", at.trial)
    is_due = at.phase == "done" and at.is_switched and here.is_obeyed and bool(before.version) and here.runs(old)
    return _make(at, "stop", old) if is_due else None


def _shadow(_at: DeploymentMoved, _before: Before, _here: Here) -> Task | None:
    """Nothing else than its shadow is touched."""
    return None


_FOLLOW: Mapping[str, Callable[[DeploymentMoved, Before, Here], Task | None]] = {
    "canary": _canary,
    "blue-green": _blue_green,
    "shadow": _shadow,
}


def _make(at: DeploymentMoved, verb: Verb, version: tuple[str, str], previous: str = "") -> Task:
    is_back = at.phase in BACKWARDS
    return Task(
        deployment=at.id,
        step=BACK if is_back else at.step,
        attempt=at.attempt,
        verb=verb,
        executor=at.spec.executor,
        service=at.spec.service,
        version=version[0],
        build=version[1],
        previous=previous,
    )
