"""SHELL: looks at all targets at once and makes one page of what they tell; the way to look at each is given to it."""

import asyncio
import platform
import time
from collections.abc import Callable, Mapping, Sequence

from prometheus_client.metrics_core import Metric
from structlog.typing import FilteringBoundLogger

from communicator.errors import BellwetherError
from communicator.version import __version__
from exporters.asking import DEADLINE_S
from exporters.collectors.metric import AnyTarget, Translation
from exporters.collectors.own import OWN, OwnReport, Standing
from exporters.sources import Gather

_NOTHING = Translation([], 0)


class _Look:
    """One look at one target, which all who scrape meanwhile share."""

    def __init__(self, target: AnyTarget) -> None:
        self.target = target
        self.started_s = time.monotonic()
        self.found = _NOTHING
        self.reason = ""
        self.ended_s: float | None = None

    @property
    def is_good(self) -> bool:
        return self.ended_s is not None and not self.reason

    def families(self) -> list[Metric]:
        """What it comes to now; a look that is not over yet has found nothing."""
        until_s = time.monotonic() if self.ended_s is None else self.ended_s
        outcome = self.target.outcome(answered=self.is_good, duration_s=until_s - self.started_s)
        return outcome + self.found.families


class Scraper:
    """Looks at targets when it is asked to; what it remembers of them is which were up, to log a change once.

    Args:
        targets: What to look at.
        sources: How, by the name of a target.
        log: Where a target that comes or goes is told.
        deadline_s: How long to wait for one, in seconds.
    """

    def __init__(
        self,
        targets: Sequence[AnyTarget],
        sources: Mapping[str, Gather],
        log: FilteringBoundLogger,
        *,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._targets = targets
        self._sources = sources
        self._log = log
        self._deadline_s = deadline_s
        self._reasons: dict[str, str] = {}
        self._dropping: set[str] = set()
        self._looks: dict[str, tuple[_Look, asyncio.Task[None]]] = {}
        self._started_wall_s = time.time()
        self._scrapes = 0
        self.standing: Callable[[], Standing] = Standing
        """What its surroundings know of the exporter."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each target was down when it was last looked at, empty when it was up; one that nobody looked at is not there."""
        return dict(self._reasons)

    async def scrape(self, deadline_s: float | None = None, *, written_wall_s: float | None = None) -> list[Metric]:
        """The families of all targets, in order; a target that does not answer takes only its own away.

        Args:
            deadline_s: How long to wait for the slowest, in seconds; never longer than for any one.
            written_wall_s: When the page is written to a file, in seconds since the epoch; None when it is served.
        """
        looks = [self._look(target) for target in self._targets]
        if looks:
            await asyncio.wait([task for _, task in looks], timeout=deadline_s)
        self._scrapes += 1
        families = [family for look, _ in looks for family in look.families()]
        own = OwnReport(
            version=__version__,
            python=platform.python_version(),
            start_time_seconds=self._started_wall_s,
            scrapes=self._scrapes,
            dropped={look.target.name: look.found.dropped for look, _ in looks},
            written_seconds=written_wall_s,
            standing=self.standing(),
        )
        return families + OWN.translate(own).families

    async def close(self) -> None:
        """Look at nothing any more."""
        tasks = [task for _, task in self._looks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self, target: AnyTarget) -> tuple[_Look, asyncio.Task[None]]:
        """The look that is under way, or else a new one: however many scrape, a target is asked one thing at a time."""
        name = target.name
        if name not in self._looks:
            look = _Look(target)
            task = asyncio.get_running_loop().create_task(self._gather(look))
            self._looks[name] = (look, task)
            task.add_done_callback(lambda _: self._looks.pop(name))
        return self._looks[name]

    async def _gather(self, look: _Look) -> None:
        target = look.target
        try:
            async with asyncio.timeout(self._deadline_s):
                report = await self._sources[target.name]()
                look.found = await asyncio.to_thread(target.translate, report)
        except TimeoutError as error:
            look.reason = str(error) or f"no answer within {self._deadline_s:g} s"
        except BellwetherError as error:
            look.reason = str(error)
        except Exception:  # noqa: BLE001 - a mistake in one target must not take the page from the others
            self._log.exception("target_failed", target=target.name)
            look.reason = "an error of our own"
        look.ended_s = time.monotonic()
        self._note(look)

    def _note(self, look: _Look) -> None:
        """Log a change, not each scrape: a target that is away for a night is one line."""
        name, dropped = look.target.name, look.found.dropped
        before = self._reasons.get(name)
        self._reasons[name] = look.reason
        if look.reason and not before:
            self._log.warning("target_down", target=name, reason=look.reason)
        elif before and not look.reason:
            self._log.info("target_up", target=name)
        if dropped and name not in self._dropping:
            self._dropping.add(name)
            self._log.warning("series_dropped", target=name, series=dropped)
        elif not dropped and not look.reason:
            self._dropping.discard(name)
