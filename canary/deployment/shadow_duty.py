"""PURE: what a host has to do about shadows, from where a deployment is; it touches no version that does its work."""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from canary.deployment.fence import Fence
from canary.deployment.shadow_sight import wanted_shadows
from canary.deployment.task import SHADOW, Task
from canary.records.deployments import DeploymentMoved, Doing


class Shadows(NamedTuple):
    """The shadows of one service on this host."""

    last: Doing | None = None
    """The last task about them."""
    running: AbstractSet[str] = frozenset()
    """The versions that run as such."""
    fence: Fence = Fence()
    """Of the router of this host."""

    @property
    def kept(self) -> tuple[str, ...]:
        """The versions that may run as such."""
        return () if self.last is None else self.last.shadows


def wanted_here(at: DeploymentMoved | None, me: str) -> tuple[tuple[str, str], ...]:
    """The versions that are to run as shadows on a host, with their builds."""
    is_here = at is not None and at.shadowing is not None and at.shadowing.server == me
    return wanted_shadows(at) if at is not None and is_here else ()


def shadow_task_of(at: DeploymentMoved | None, me: str, here: Shadows) -> Task | None:
    """The next thing to be done about shadows on a host: what is not wanted is stopped before anything is started.

    Args:
        at: Where the deployment of the service is; None: there is none any more.
        me: The host.
        here: What is there.

    Returns:
        A task; None: nothing, for all is as it is to be, or the fence does not stand yet, or it was done once.
    """
    wanted = wanted_here(at, me)
    stale = [version for version in here.kept if _is_stale(at, version, dict(wanted), here)]
    if stale and here.last is not None:
        return _stop(at, stale[-1], here.last)
    missing = [one for one in wanted if one[0] not in here.kept]
    if not missing or at is None or at.phase != "shadow" or not here.fence.keeps(at.service, missing[0][0]):
        return None
    version, build = missing[0]
    return Task(
        deployment=at.id,
        step=SHADOW,
        attempt=at.attempt,
        verb="start",
        executor=at.spec.executor,
        service=at.service,
        version=version,
        build=build,
        shadows=(*here.kept, version),
    )


def _is_stale(at: DeploymentMoved | None, version: str, wanted: dict[str, str], here: Shadows) -> bool:
    """Whether it is to be stopped: nobody wants it, or it has ended and another attempt is to start it anew."""
    if at is None or version not in wanted:
        return True
    last = here.last
    is_begun = last is not None and last.task.verb == "start" and _attempt(last.task) == (at.id, at.attempt)
    return at.phase == "shadow" and version not in here.running and not is_begun


def _stop(at: DeploymentMoved | None, version: str, last: Doing) -> Task | None:
    """It is done again where nobody has seen its end: twice does no harm."""
    was = last.task
    deployment, attempt = _attempt(was) if at is None else (at.id, at.attempt)
    is_known = last.outcome is not None and last.outcome.status != "unknown"
    if is_known and (was.verb, was.version, *_attempt(was)) == ("stop", version, deployment, attempt):
        return None
    return Task(
        deployment=deployment,
        step=SHADOW,
        attempt=attempt,
        verb="stop",
        executor=was.executor,
        service=was.service,
        version=version,
        shadows=tuple(one for one in last.shadows if one != version),
    )


def _attempt(task: Task) -> tuple[str, int]:
    return task.deployment, task.attempt
