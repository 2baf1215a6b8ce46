"""Slow jobs on APScheduler, whose clock is the wall clock: a step of that must not hold them up."""

import asyncio
import itertools
import json
import logging
import os
import sys
from pathlib import Path

import pytest

from communicator.runtime.slow_jobs import SlowJobs

JOBS = """
import asyncio, sys, time
from communicator.runtime.slow_jobs import SlowJobs

async def main():
    loop, jobs = asyncio.get_running_loop(), SlowJobs()

    async def job():
        print(loop.time(), flush=True)

    jobs.add(job, 0.2)
    loop.add_reader(sys.stdin, lambda: (sys.stdin.readline(), jobs.reschedule(), print("set", flush=True)))
    jobs.start()
    await loop.create_future()

asyncio.run(main())
"""


LATE_S = 15.0
"""For a job five times a second, on a machine that is busy with other tests too."""


@pytest.fixture
async def jobs():
    jobs = SlowJobs()
    yield jobs
    jobs.stop()
    await asyncio.sleep(0)  # it stops in the loop's next turn


async def test_a_job_runs_again_and_again(jobs, eventually):
    runs = []

    async def job():
        runs.append(asyncio.get_running_loop().time())

    async def times():
        return len(runs)

    began_s = asyncio.get_running_loop().time()
    jobs.add(job, 0.05)
    jobs.start()
    await eventually(times, lambda count: count >= 3)
    assert runs[0] - began_s >= 0.04, "for the first time after its interval"


async def test_it_is_not_begun_again_while_it_runs_and_what_fails_is_begun_again(jobs, eventually):
    begun, may_end = [], asyncio.Event()

    async def slow():
        begun.append("slow")
        await may_end.wait()

    async def failing():
        begun.append("failing")
        raise ValueError("of a job of a test")

    async def counts():
        return begun.count("slow"), begun.count("failing")

    jobs.add(slow, 0.02)
    jobs.add(failing, 0.02)
    jobs.start()
    begun_slow, _ = await eventually(counts, lambda count: count[1] >= 4)
    assert begun_slow == 1
    may_end.set()
    await eventually(counts, lambda count: count[0] >= 2)


async def test_what_runs_when_it_stops_is_cancelled(jobs, eventually):
    seen = []

    async def endless():
        seen.append("begun")
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            seen.append("ended")

    async def now():
        return seen

    jobs.add(endless, 0.02)
    jobs.start()
    await eventually(now, bool)
    jobs.stop()
    await eventually(now, lambda seen: seen == ["begun", "ended"])


async def test_it_may_be_stopped_before_it_was_started(jobs):
    jobs.stop()


async def test_a_clock_that_is_set_again_and_again_does_not_put_a_job_off(jobs, eventually):
    """As two daemons do that fight: each time what was left stays."""
    runs = []

    async def job():
        runs.append("run")

    async def runs_while_the_clock_is_set():
        jobs.reschedule()
        return len(runs)

    jobs.add(job, 0.2)
    jobs.start()
    await eventually(runs_while_the_clock_is_set, lambda count: count >= 2)


def test_its_library_does_not_tell_of_each_run():
    SlowJobs()
    assert not logging.getLogger("apscheduler.scheduler").isEnabledFor(logging.INFO)


@pytest.mark.parametrize("setting", ["-3600", "+3600"])
async def test_when_the_clock_is_set_jobs_are_on_time_again(debian_program, tmp_path, setting):
    [library] = debian_program("libfaketime", "usr/lib").path.glob("*/faketime/libfaketime.so.1")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", JOBS, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            await process.stdout.readline()
            clock.write_text(setting)
            process.stdin.write(b"\n")
            lines = [await process.stdout.readline() for _ in range(5)]
    finally:
        process.kill()
        await process.communicate()
    assert b"set\n" in lines
    times_s = [json.loads(line) for line in lines if line != b"set\n"]
    assert max(later - earlier for earlier, later in itertools.pairwise(times_s)) < LATE_S
