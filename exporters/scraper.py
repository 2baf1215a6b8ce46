"""SHELL: asks all targets at once and makes one page of their answers; the way to ask is given to it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from prometheus_client.metrics_core import Metric
from structlog.typing import FilteringBoundLogger

from communicator.errors import BellwetherError
from exporters.metric import AnyTarget

Ask: TypeAlias = Callable[[AnyTarget], Awaitable[str]]
"""Asks a target for its report; raises a `BellwetherError` when it gets none."""

DEADLINE_S = 4.0
"""When a silent target is down: well within the 10 s after which Prometheus gives up on the whole page."""


class Scraper:
    """Asks targets at scrape time; remembers nothing but which were up, to log a change once.

    Args:
        targets: Whom to ask.
        ask: How.
        log: Where a target that comes or goes is told.
        deadline_s: How long to wait for an answer, in seconds.
    """

    def __init__(
        self,
        targets: Sequence[AnyTarget],
        ask: Ask,
        log: FilteringBoundLogger,
        *,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._targets = targets
        self._ask = ask
        self._log = log
        self._deadline_s = deadline_s
        self._reasons: dict[str, str] = {}

    async def scrape(self) -> list[Metric]:
        """The families of all targets, in order; a target that does not answer takes only its own away."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._families(target)) for target in self._targets]
        return _flat(task.result() for task in asked)

    async def _families(self, target: AnyTarget) -> list[Metric]:
        started_s = time.monotonic()
        families: list[Metric] = []
        reason = ""
        try:
            async with asyncio.timeout(self._deadline_s):
                families = target.families(await self._ask(target))
        except TimeoutError:
            reason = f"no answer within {self._deadline_s:g} s"
        except BellwetherError as error:
            reason = str(error)
        except Exception:  # noqa: BLE001 - a mistake in one target must not take the page from the others
            self._log.exception("target_failed", target=target.service)
            reason = "an error of our own"
        self._note(target, reason)
        return target.outcome(answered=not reason, duration_s=time.monotonic() - started_s) + families

    def _note(self, target: AnyTarget, reason: str) -> None:
        """Log a change, not each scrape: a target that is away for a night is one line."""
        before = self._reasons.get(target.service)
        self._reasons[target.service] = reason
        if reason and not before:
            self._log.warning("target_down", target=target.service, reason=reason)
        elif before and not reason:
            self._log.info("target_up", target=target.service)


def _flat(lists: Iterable[list[Metric]]) -> list[Metric]:
    return [family for families in lists for family in families]
