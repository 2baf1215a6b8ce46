"""SHELL: has the tasks of this host done that deployments ask for, each at most once; it decides on none."""

import asyncio
from collections.abc import Callable, Sequence

from structlog.typing import FilteringBoundLogger

from canary.deployment.duty import Host, task_of
from canary.deployment.execution.executor import Executor
from canary.deployment.execution.plan import unit_for
from canary.deployment.fence import Fence
from canary.deployment.settings import DeploySettings
from canary.deployment.shadow_duty import Shadows
from canary.deployment.sight import instances_of
from canary.deployment.spec import NOBODY, Spec
from canary.deployment.task import INTERRUPTED, Outcome, Task
from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.records import DeploymentMoved, Record, TaskBegun, TaskEnded
from communicator.answers.deployments import Readiness


class Duties:
    """What this host has to do.

    Args:
        mind: What is known.
        settings: What names mean here, as it is now.
        pend: Has records put into the ledger, as soon as it can be written.
        log: Where what was done is told.
    """

    def __init__(
        self,
        mind: Mind,
        settings: Callable[[], DeploySettings],
        pend: Callable[[Sequence[Record]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._mind = mind
        self._pend = pend
        self._log = log
        self._settings = settings
        self._executor = Executor(lambda: settings().executors)
        self._doing: dict[str, asyncio.Task[None]] = {}
        """By service, the task that goes on."""
        self._told: dict[str, Task] = {}
        """By service, the one whose end was told, and may not be in the ledger yet."""

    def follow(self, *, is_obeyed: bool, fence: Fence) -> None:
        """Begin what is due.

        Args:
            is_obeyed: Whether the router of this host obeys what was decided last.
            fence: What that router keeps back.
        """
        state, me = self._mind.state, self._mind.me
        if not me:
            return
        left = (service for server, service in state.shadowing if server == me)
        for service in dict.fromkeys((*state.deployments, *left)):
            deploying = state.deployments.get(service)
            at = None if deploying is None else deploying.at
            self._follow(service, at, self._host(service, fence, is_obeyed=is_obeyed))

    def _host(self, service: str, fence: Fence, *, is_obeyed: bool) -> Host:
        state, me = self._mind.state, self._mind.me
        runs = state.shadow_runs.items()
        running = frozenset(
            key.version for key, one in runs if (key.server, key.service) == (me, service) and one.running
        )
        return Host(
            me,
            instances_of(state, service).get(me, ()),
            state.doing.get((me, service)),
            Shadows(state.shadowing.get((me, service)), running, fence),
            is_obeyed,
        )

    def _follow(self, service: str, at: DeploymentMoved | None, host: Host) -> None:
        """One task of a service at a time; what an earlier life of ours has begun is told to be unknown, and not done again."""
        if service in self._doing:
            return
        lasts = filter(None, (host.last, host.shadows.last))
        open_tasks = [one.task for one in lasts if one.outcome is None]
        for task in open_tasks:
            if self._told.get(service) != task:
                self._tell(task, Outcome(status="unknown", text=INTERRUPTED))
        due = None if open_tasks else task_of(at, host)
        if due is not None:
            self._doing[service] = asyncio.get_running_loop().create_task(self._perform(due))

    async def _perform(self, task: Task) -> None:
        """It is written down before, so that it is done at most once, whatever becomes of us."""
        try:
            await self._mind.take([TaskBegun(server=self._mind.me, task=task)])
            self._log.info(
                "task_begun", service=task.service, version=task.version, verb=task.verb, deployment=task.deployment
            )
            self._tell(task, await self._executor.perform(task))
        except LedgerError as error:
            self._log.error("task_not_begun", service=task.service, version=task.version, reason=str(error))
        finally:
            del self._doing[task.service]

    def _tell(self, task: Task, outcome: Outcome) -> None:
        self._told[task.service] = task
        tell = self._log.info if outcome.status == "done" else self._log.error
        tell("task_ended", service=task.service, version=task.version, status=outcome.status, reason=outcome.sentence)
        self._pend((TaskEnded(server=self._mind.me, task=task, outcome=outcome),))

    def unit_of(self, executor: str, service: str, version: str) -> str:
        """The systemd unit in which an executor of this host has a version run; empty: it has none."""
        return unit_for(self._settings().executors, executor, service, version)

    async def check(self, spec: Spec, lacks: tuple[str, ...], refused: str) -> Readiness:
        """Whether this host can do a deployment.

        Args:
            spec: What is to be done.
            lacks: What it lacks besides.
            refused: Why this canary, which leads, would not begin it; empty: it would, or another one leads.
        """
        only = spec.shadow.server if spec.strategy == "shadow" and spec.shadow is not None else self._mind.me
        is_ours = spec.executor != NOBODY and only == self._mind.me
        missing = await self._executor.missing(spec.executor, spec.service, spec.version) if is_ours else ()
        running = [one for one in instances_of(self._mind.state, spec.service).get(self._mind.me, ()) if one.is_running]
        has = running[0].version if running else ""
        return Readiness(server=self._mind.me, missing=(*missing, *lacks), has=has, refused=refused)

    async def close(self) -> None:
        """End the tasks that go on: what becomes of them is told to be unknown."""
        going_on = list(self._doing.values())
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)
