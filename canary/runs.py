"""PURE: the runs of services as the router told them, counted and kept within bounds; it judges nothing and reads no clock.

One run is the life of one registration. Whatever is told twice counts once.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

RUNS = 10_000
"""Runs kept in all: as many as a router holds registrations."""
RUNS_PER_SERVICE = 1_000
"""Runs kept of one service, so that one that dies and comes back all the time does not drive out the others."""

UNSEEN = "unseen"
"""How a run ended whose end nobody told: the canary or the router was away."""

LIVE = "live"


@dataclass(frozen=True, slots=True)
class Version:
    """What is compared: equal or not, never older or newer."""

    service: str
    version: str
    build: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One life of one registration."""

    run_id: str
    version: Version
    role: str
    pid: int | None
    config_hash: str
    started_s: float
    """When it was told, on the monotonic clock."""
    ended_s: float | None = None
    reason: str = ""
    """How it ended; empty while it runs."""

    @property
    def is_running(self) -> bool:
        """Whether no end was told yet."""
        return self.ended_s is None


@dataclass(slots=True)
class Tally:
    """The runs of one version, counted since its first one that is still remembered."""

    last: Run
    """The newest one."""
    started: int = 0
    running: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    """By reason."""
    kept: int = 0
    """How many of them are still kept one by one; with the last of these the tally goes too."""


class Runs:
    """The recent runs on this server.

    Args:
        limit: How many are kept in all.
        limit_per_service: How many of one service.
    """

    def __init__(self, limit: int = RUNS, limit_per_service: int = RUNS_PER_SERVICE) -> None:
        self._limit = limit
        self._limit_per_service = limit_per_service
        self._services: OrderedDict[str, OrderedDict[str, Run]] = OrderedDict()
        """By service, the one with the newest run last; within it by run_id, the oldest first."""
        self._service_of: dict[str, str] = {}
        self._live: dict[str, str] = {}
        """The run_id of each service's live run."""
        self._tallies: dict[Version, Tally] = {}
        self.forgotten = 0
        """Runs that had to make room."""
        self.unmatched_ends = 0
        """Ends of runs whose beginning was never told, or that were forgotten."""

    def __len__(self) -> int:
        """How many runs are kept."""
        return len(self._service_of)

    def tallies(self) -> Iterator[tuple[Version, Tally]]:
        """All versions that are remembered, in the order of their first run."""
        yield from self._tallies.items()

    def start(self, run: Run) -> bool:
        """Take note of a new run.

        Args:
            run: The run.

        Returns:
            Whether it was new.
        """
        if run.run_id in self._service_of:
            return False
        if run.role == LIVE:
            self._succeed(run)
        service = run.version.service
        self._services.setdefault(service, OrderedDict())[run.run_id] = run
        self._services.move_to_end(service)
        self._service_of[run.run_id] = service
        tally = self._tallies.setdefault(run.version, Tally(run))
        tally.started += 1
        tally.running += 1
        tally.kept += 1
        tally.last = run
        self._make_room(service)
        return True

    def end(self, run_id: str, reason: str, now_s: float) -> bool:
        """Take note of the end of a run.

        Args:
            run_id: Which one.
            reason: How it ended.
            now_s: The monotonic clock, in seconds.

        Returns:
            Whether it was known to run.
        """
        service = self._service_of.get(run_id)
        if service is None:
            self.unmatched_ends += 1
            return False
        run = self._services[service][run_id]
        if not run.is_running:
            return False
        self._finish(run, reason, now_s)
        return True

    def _succeed(self, successor: Run) -> None:
        """A service has one live registration: the one before has ended, whether that was told or not."""
        service = successor.version.service
        before = self._live.get(service)
        if before is not None:
            self._finish(self._services[service][before], UNSEEN, successor.started_s)
        self._live[service] = successor.run_id

    def _finish(self, run: Run, reason: str, now_s: float) -> None:
        ended = replace(run, ended_s=now_s, reason=reason)
        self._services[run.version.service][run.run_id] = ended
        self._no_longer_live(run)
        tally = self._tallies[run.version]
        tally.running -= 1
        tally.ended[reason] = tally.ended.get(reason, 0) + 1
        if tally.last.run_id == run.run_id:
            tally.last = ended

    def _no_longer_live(self, run: Run) -> None:
        if self._live.get(run.version.service) == run.run_id:
            del self._live[run.version.service]

    def _make_room(self, service: str) -> None:
        if len(self._services[service]) > self._limit_per_service:
            self._forget_oldest(service)
        elif len(self) > self._limit:
            self._forget_oldest(next(iter(self._services)))

    def _forget_oldest(self, service: str) -> None:
        """Forget the oldest run of a service: one that has ended, if there is one."""
        runs = self._services[service]
        run = next((one for one in runs.values() if not one.is_running), next(iter(runs.values())))
        del runs[run.run_id]
        del self._service_of[run.run_id]
        self._no_longer_live(run)
        if not runs:
            del self._services[service]
        tally = self._tallies[run.version]
        tally.running -= run.is_running
        tally.kept -= 1
        if not tally.kept:
            del self._tallies[run.version]
        self.forgotten += 1
