"""SHELL: runs what may be late, such as the history; APScheduler keeps the times, which a step of the clock would spoil."""

import logging
from collections.abc import Awaitable, Callable

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

    def add(self, job: Callable[[], Awaitable[None]], interval_s: float) -> None:
        """Have a job run every so often.

        Args:
            job: What to do; it is not begun again while it runs.
            interval_s: From one start to the next, in seconds.
        """
        self._jobs.append((self._scheduler.add_job(job, IntervalTrigger(seconds=interval_s)), interval_s))

    def start(self) -> None:
        """Begin; each job runs for the first time after its interval."""
        self._scheduler.start()

    def reschedule(self) -> None:
        """The clock was set: count all intervals from now, or a job would wait for as long as it was set back."""
        for job, interval_s in self._jobs:
            job.reschedule(IntervalTrigger(seconds=interval_s))

    def stop(self) -> None:
        """Run no more; what runs is cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
