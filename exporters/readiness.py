"""SHELL: finds out whether the exporter knows what it is there to tell; who asks for it is no matter here."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from communicator.client import Service
from communicator.client.status import read_cluster_status
from communicator.errors import BellwetherError
from communicator.protocol import Message
from exporters.asking import DEADLINE_S
from exporters.web.health import Condition, Conditions

FRESH_S = 5.0
"""So long what was found serves all who ask: the sitter looks once a minute."""


class Targets(Protocol):
    """What is looked at."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each target was down when it was last looked at; empty when it was up."""

    def scrape(self) -> Awaitable[object]:
        """Look at all of them."""


class Readiness:
    """Looks at the link to the router, at the targets and at the cluster.

    Args:
        service: The link.
        targets: What is exported.
        now_s: The time, in seconds, of a clock that nobody sets.
    """

    def __init__(self, service: Service, targets: Targets, now_s: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._targets = targets
        self._now_s = now_s
        self._looked_s: float | None = None

    async def look(self) -> Conditions:
        """How things are."""
        without_quorum, _ = await asyncio.gather(self._without_quorum(), self._look_at_targets())
        link = "" if self._service.connected else f"no link to the router at {self._service.address}"
        targets = [Condition(name, reason) for name, reason in self._targets.reasons.items()]
        return Conditions([Condition("link", link), *targets], Condition("quorum", without_quorum))

    async def _look_at_targets(self) -> None:
        now_s = self._now_s()
        if self._looked_s is None or now_s - self._looked_s >= FRESH_S:
            await self._targets.scrape()
            self._looked_s = now_s

    async def _without_quorum(self) -> str:
        """Why the cluster is not up; empty when it is."""
        try:
            answer = await self._service.request(
                Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS", timeout_s=DEADLINE_S
            )
        except BellwetherError as error:
            return str(error)
        status = read_cluster_status(answer, None)
        return "" if status.is_up else f"{status.live_count} of {status.neighbors_count} servers are reached"
