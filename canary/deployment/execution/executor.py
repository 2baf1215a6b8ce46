"""SHELL: does the tasks of this host, one at a time for each service; when and why is decided elsewhere."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from canary.deployment.execution.command import run_command
from canary.deployment.execution.plan import Command, Jobs, Nothing, Plan, plan
from canary.deployment.execution.settings import AnyExecutor
from canary.deployment.execution.units import lack_of, run_jobs
from canary.deployment.task import INTERRUPTED, Outcome, Task


@dataclass(slots=True)
class _Turn:
    """Whose turn it is, of the tasks of one service."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    tasks: int = 0


class Executor:
    """Puts versions on this host.

    Args:
        executors: The settings of those that there are, by name, as they are now.
        address: Of the bus of systemd; None for the one of this machine.
    """

    def __init__(self, executors: Callable[[], Mapping[str, AnyExecutor]], address: str | None = None) -> None:
        self._executors = executors
        self._address = address
        self._turns: dict[str, _Turn] = {}

    async def missing(self, executor: str, service: str, version: str) -> tuple[str, ...]:
        """What this host lacks to start a version, each in words that say where to define it; empty: nothing is known to lack.

        Whether polkit allows it shows only when it is done: nobody but root may ask that before.
        """
        task = Task(
            deployment="check", step=0, attempt=1, verb="start", executor=executor, service=service, version=version
        )
        try:
            lacks = await _lacks(plan(task, self._executors()), self._address)
        except ValueError as error:
            lacks = str(error)
        return (lacks,) if lacks else ()

    async def perform(self, task: Task) -> Outcome:
        """Do a task, within the time limit of its executor. It never raises.

        One that is cancelled kills its command and is `unknown`: whoever cancels it because all is to end has to look at
        `asyncio.Task.cancelling` before the next one. A unit is left to systemd, which goes on with it.
        """
        try:
            async with self._turn(task.service):
                try:
                    what = plan(task, self._executors())
                except ValueError as error:
                    return Outcome(status="refused", text=str(error))
                return await _do(what, self._address)
        except asyncio.CancelledError:
            return Outcome(status="unknown", text=INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - a fault of ours must be the end of this task only
            return Outcome(status="failed", text=f"a fault of the canary itself: {error!r}")

    @asynccontextmanager
    async def _turn(self, service: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(service, _Turn())
        turn.tasks += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.tasks -= 1
            if not turn.tasks:
                del self._turns[service]


async def _do(what: Plan, address: str | None) -> Outcome:
    match what:
        case Jobs():
            return await run_jobs(what, address)
        case Command():
            return await run_command(what)
        case Nothing():
            return Outcome(status="done", text="nothing to do: somebody else puts versions on this host")


async def _lacks(what: Plan, address: str | None) -> str:
    match what:
        case Jobs(steps=((_, unit), *_)):
            return await lack_of(unit, address)
        case Command(argv=(program, *_)) if not os.access(program, os.X_OK):
            return f"{program!r} cannot be run on this host by the user of canaryd"
    return ""
