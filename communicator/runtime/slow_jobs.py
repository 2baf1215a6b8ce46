"""SHELL: runs what may be late, such as the history; APScheduler keeps the times, which a step of the clock would spoil."""

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

LATE_S = 60
"""A job that could not run in time, for instance while the host slept, runs once as soon as it can."""


class SlowJobs:
    """Jobs that run every so often, while this is started."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # each start of a job is nothing to act upon
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_S}
        )
        self._jobs: list[tuple[Job, float]] = []
        """Each with its interval, in seconds."""
        self._due_s: list[float] = []
        """When each is due, on a clock that no step moves."""

    def add(self, job: Callable[[], Awaitable[None]], interval_s: float) -> None:
        """Have a job run every so often.

        Args:
            job: What to do; it is not begun again while it runs.
            interval_s: From one start to the next, in seconds.
        """
        number = len(self._jobs)

        async def run() -> None:
            self._due_s[number] = time.monotonic() + interval_s
            await job()

        self._jobs.append((self._scheduler.add_job(run, IntervalTrigger(seconds=interval_s)), interval_s))

    def start(self) -> None:
        """Begin; each job runs for the first time after its interval."""
        self._due_s = [time.monotonic() + interval_s for _, interval_s in self._jobs]
        self._scheduler.start()

    def reschedule(self) -> None:
        """The clock was set: no job is to wait for as long as it was set back.

        What was left until each is due stays: a clock that is set again and again does not put them off for ever.
        """
        for (job, _), due_s in zip(self._jobs, self._due_s, strict=True):
            left_s = max(0.0, due_s - time.monotonic())
            job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=left_s))

    def stop(self) -> None:
        """Run no more; what runs is cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
