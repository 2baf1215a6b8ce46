"""SHELL: asks the daemons of this host for all that the page shows, once for all viewers; it does not know what becomes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from communicator.answers.clocks import ClockReport, Point
from communicator.answers.clusters import Graph
from communicator.answers.deployments import Deployments
from communicator.answers.explanations import Explanation
from communicator.answers.features import FeatureReport
from communicator.answers.policy import Policy
from communicator.answers.reading import read_answer
from communicator.answers.releases import CanaryReport, join_pages
from communicator.answers.router import Statistics
from communicator.answers.services import Instance
from communicator.answers.shadows import Comparisons
from communicator.client.status import ClusterStatus
from communicator.errors import BellwetherError, MalformedAnswerError, NoReceiverError
from communicator.flags.flag_directory import FlagDirectory
from communicator.wording.shadow_picture import Seen, Silence, put_together
from exporters.feature_pages import gather_features
from exporters.page.snapshot import Flags, Snapshot, Told, without_passing
from exporters.questions import CLOCKS, GRAPH, POLICY, STATISTICS, VERSIONS, Question

T = TypeVar("T")

HISTORY = Question("timekeeper", "CLOCK_GET_REPORT", "CLOCK_CURRENT_REPORT", "history")
DEADLINE_S = 4.0
"""When an answer that has not come is missing."""
FRESH_S = 1.0
"""For so long what was gathered is shown to everyone who looks."""
_SHARE = 4.0
"""Asking takes a quarter of the time at most: what took long stays fresh for longer."""
_FRESH_MOST_S = 5.0
"""Not even a daemon that hangs makes the page older than this, and what it takes to wait for that one."""
_HISTORY_S = 60.0
"""There is a new point every five minutes."""
_ELSEWHERE = Silence("the page of that host shows it", "bellwether shadow status asks all hosts")
_PAGES = 40
"""Pages of the canary's report at most: 40,960 versions on servers."""


class Source(Protocol):
    """Where answers come from."""

    async def ask(self, question: Question, parameters: Mapping[str, str]) -> str:
        """The answer, as JSON; raises a `BellwetherError` when there is none."""

    async def instances(self) -> Sequence[Instance]:
        """All service instances; raises a `BellwetherError` when they are not told."""

    def cluster(self) -> ClusterStatus | None:
        """What the router said last of the cluster."""


class Gatherer:
    """Gathers snapshots, and shares each among all who look at nearly the same time.

    Args:
        source: Whom to ask.
        flags_path: The directory of flags.
        deadline_s: How long to wait for all answers of a daemon, in seconds.
        clock: Seconds that are never set.
    """

    def __init__(
        self,
        source: Source,
        flags_path: Path,
        *,
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._flags = FlagDirectory(flags_path)
        self._deadline_s = deadline_s
        self._clock = clock
        self._lock = asyncio.Lock()
        self._snapshot: Snapshot | None = None
        self._stale_at_s = 0.0
        self._history: Told[Sequence[Point]] = Told()
        self._history_stale_at_s = 0.0

    async def snapshot(self) -> Snapshot:
        """How things are, or were a moment ago."""
        async with self._lock:
            began_s = self._clock()
            if self._snapshot is None or began_s >= self._stale_at_s:
                self._snapshot = await self._gather()
                ended_s = self._clock()
                fresh_s = min(_FRESH_MOST_S, max(FRESH_S, (ended_s - began_s) * (_SHARE - 1)))
                self._stale_at_s = ended_s + fresh_s
            return self._snapshot

    async def explanation(self, parameters: Mapping[str, str]) -> Told[Explanation]:
        """Why a version on a server is where it is.

        Args:
            parameters: ``server``, ``service``, ``version`` and, where there is one, ``build``.
        """
        return await self._told(self._asked(VERSIONS, Explanation, {"view": "explain", **parameters}))

    async def _gather(self) -> Snapshot:
        async with asyncio.TaskGroup() as group:
            router = group.create_task(self._told(self._asked(STATISTICS, Statistics)))
            graph = group.create_task(self._told(self._asked(GRAPH, Graph)))
            instances = group.create_task(self._told(self._source.instances()))
            clocks = group.create_task(self._told(self._asked(CLOCKS, ClockReport)))
            history = group.create_task(self._last_day())
            versions = group.create_task(self._told(self._versions()))
            deployments = group.create_task(self._told(self._asked(VERSIONS, Deployments, {"view": "deployments"})))
            shadows = group.create_task(self._told(self._shadows()))
            features = group.create_task(self._told(self._features()))
            flags = group.create_task(self._told(self._raised()))
        return Snapshot(
            at_wall_s=time.time(),
            router=router.result(),
            graph=graph.result(),
            cluster=self._source.cluster(),
            instances=instances.result(),
            clocks=clocks.result(),
            history=history.result(),
            versions=versions.result(),
            deployments=deployments.result(),
            shadows=shadows.result(),
            features=features.result(),
            flags=flags.result(),
        )

    async def _told(self, answer: Awaitable[T]) -> Told[T]:
        try:
            async with asyncio.timeout(self._deadline_s):
                return Told(await answer, "")
        except NoReceiverError:
            return Told(None, "nobody of this name is registered with the router")
        except TimeoutError:
            return Told(None, f"no answer within {self._deadline_s:g} s")
        except MalformedAnswerError as error:
            return Told(None, f"what it answers cannot be read: {error}")
        except BellwetherError as error:
            return Told(None, str(error) or "it did not say why")

    async def _asked(self, question: Question, shape: type[T], parameters: Mapping[str, str] | None = None) -> T:
        return read_answer(await self._source.ask(question, parameters or {}), shape)

    async def _versions(self) -> CanaryReport:
        pages: list[CanaryReport] = []
        while True:
            offset = sum(len(page.cells) for page in pages)
            page = await self._asked(VERSIONS, CanaryReport, {"offset": str(offset)})
            pages.append(page)
            if not page.cells or offset + len(page.cells) >= page.total or len(pages) >= _PAGES:
                return without_passing(join_pages(pages))

    async def _shadows(self) -> Sequence[Seen]:
        """Those of the policy, with what this host does for them: other hosts are not asked."""
        told = await self._asked(VERSIONS, Comparisons, {"view": "shadows"})
        policy = await self._asked(POLICY, Policy)
        return put_together(policy.shadows, {told.server: told}, otherwise=_ELSEWHERE)

    async def _features(self) -> FeatureReport:
        return await gather_features(lambda about: self._asked(VERSIONS, FeatureReport, about))

    async def _last_day(self) -> Told[Sequence[Point]]:
        now_s = self._clock()
        if now_s >= self._history_stale_at_s:
            self._history = await self._told(self._asked(HISTORY, tuple[Point, ...], {"history": "true"}))
            self._history_stale_at_s = now_s + (0.0 if self._history.fault else _HISTORY_S)
        return self._history

    async def _raised(self) -> Flags:
        listing = await asyncio.to_thread(self._flags.read_all)
        return Flags(flags=listing.flags, unreadable=listing.unreadable)
