"""SHELL: runs what may be late, such as the history; APScheduler keeps the times, which a step of the clock would spoil."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

LATE_S = 60
"""A job that could not run in time, for instance while the host slept, runs once as soon as it can."""


@dataclass(slots=True)
class _Plan:
    """A job, and when it is due on a clock that no step moves."""

    job: Callable[[], Awaitable[None]]
    interval_s: float
    due_s: float = 0.0

    async def run(self) -> None:
        self.due_s = time.monotonic() + self.interval_s
        await self.job()

    @property
    def next_run(self) -> datetime:
        """When it is due, by the wall clock as that is now."""
        return datetime.now(UTC) + timedelta(seconds=max(0.0, self.due_s - time.monotonic()))


class SlowJobs:
    """Jobs that run every so often, while this is started."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # each start of a job is nothing to act upon
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_S}
        )
        self._jobs: list[tuple[Job, _Plan]] = []

    def add(self, job: Callable[[], Awaitable[None]], interval_s: float) -> None:
        """Have a job run every so often.

        Args:
            job: What to do; it is not begun again while it runs.
            interval_s: From one start to the next, in seconds.
        """
        plan = _Plan(job, interval_s)
        self._jobs.append((self._scheduler.add_job(plan.run, IntervalTrigger(seconds=interval_s)), plan))

    def start(self) -> None:
        """Begin; each job runs for the first time after its interval."""
        for _, plan in self._jobs:
            plan.due_s = time.monotonic() + plan.interval_s
        self._scheduler.start()

    def reschedule(self) -> None:
        """The clock was set: no job is to wait for as long as it was set back.

        What was left until each is due stays: a clock that is set again and again does not put them off for ever.
        """
        for job, plan in self._jobs:
            job.modify(next_run_time=plan.next_run)

    def stop(self) -> None:
        """Run no more; what runs is cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
