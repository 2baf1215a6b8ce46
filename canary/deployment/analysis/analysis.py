"""SHELL: looks at the metrics of deployments for as long as they are followed; what that comes to is judged elsewhere."""

import asyncio
from collections.abc import Callable
from typing import Literal, Protocol

from canary.deployment.analysis.judging import CheckState, Measured
from canary.deployment.analysis.providers import AT_ONCE
from canary.deployment.spec import Check, Spec
from communicator.answers.deployments import ShownCheck

Part = Literal["before", "during", "after"]


class Measures(Protocol):
    """Whoever looks at the metric of a check."""

    async def measure(self, check: Check, spec: Spec, since_s: float) -> Measured:
        """Look once."""


class _Followed:
    """The checks of one deployment, each with its task."""

    def __init__(self, spec: Spec, since_s: float, part: Part | None) -> None:
        self.key = (spec, since_s, part)
        self.checks = [check for check in spec.checks if part in (None, check.phase)]
        among = sum(check.events is not None for check in self.checks)
        self.states = {check.name: CheckState(check, among) for check in self.checks}
        self.tasks: list[asyncio.Task[None]] = []

    def stop(self) -> None:
        for task in self.tasks:
            task.cancel()


class Analysis:
    """What the metrics say of the versions that are being deployed.

    Args:
        providers: Who is asked.
        now_s: The canary's clock.
    """

    def __init__(self, providers: Measures, now_s: Callable[[], float]) -> None:
        self._providers = providers
        self._now_s = now_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._followed: dict[str, _Followed] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def follow(self, deployment: str, spec: Spec, since_s: float, part: Part | None = None) -> None:
        """Look at the metrics of a deployment from now on; the same again changes nothing, anything else begins anew.

        Args:
            deployment: Its identifier.
            spec: With the checks.
            since_s: When the trial began, on the canary's clock: what is counted with ``$since`` counts from then on.
            part: Only the checks of this part of a blue-green deployment; None: all.
        """
        followed = self._followed.get(deployment)
        if followed is not None and followed.key == (spec, since_s, part):
            return
        self.leave(deployment)
        followed = self._followed[deployment] = _Followed(spec, since_s, part)
        loop = asyncio.get_running_loop()
        followed.tasks = [loop.create_task(self._watch(followed, spec, check, since_s)) for check in followed.checks]

    def leave(self, deployment: str) -> None:
        """Look no more; nothing happens if nobody looked."""
        followed = self._followed.pop(deployment, None)
        if followed is None:
            return
        followed.stop()
        for task in followed.tasks:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def verdicts(self, deployment: str) -> tuple[ShownCheck, ...]:
        """What each check comes to now, in the order of the file; empty for one that is not followed."""
        followed = self._followed.get(deployment)
        return () if followed is None else tuple(state.verdict(self._now_s()) for state in followed.states.values())

    async def close(self) -> None:
        """Look at nothing any more."""
        for deployment in tuple(self._followed):
            self.leave(deployment)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _watch(self, followed: _Followed, spec: Spec, check: Check, since_s: float) -> None:
        """One look at a time; one that took longer than the interval is followed by the next at once."""
        loop = asyncio.get_running_loop()
        state = followed.states[check.name]
        while True:
            due_s = loop.time() + check.interval
            async with self._turns:
                measured = await self._measure(check, spec, since_s)
            state.add(measured)
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def _measure(self, check: Check, spec: Spec, since_s: float) -> Measured:
        try:
            return await self._providers.measure(check, spec, since_s)
        except Exception as error:  # noqa: BLE001 - a fault of ours holds this check, and nothing else
            return Measured(name=check.name, at_s=self._now_s(), error=f"a fault of the canary itself: {error!r}")
