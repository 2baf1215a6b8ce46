"""Whether this host's clock is set, seen by a real process whose clock libfaketime sets; breaks of the raw clock are no steps."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.timekeeper.agents.agent import set_clock
from timekeeper.own_clock import OwnClock
from timekeeper.probes import EpochWatch

WATCH = """
import asyncio, sys
from timekeeper.own_clock import OwnClock
from timekeeper.probes import EpochWatch

async def main():
    def tell(step):
        seen = [f"{direction.value}={number}" for direction, number in clock.steps.items()]
        print(step.size_ns, step.direction.value, clock.last_step is step, *seen, flush=True)

    clock = OwnClock(EpochWatch(), tell)
    clock.look()
    print("watching", flush=True)
    await clock.watch()

asyncio.run(main())
"""


@pytest.fixture
def faketime(debian_program):
    [library] = debian_program("libfaketime", "usr/lib").path.glob("*/faketime/libfaketime.so.1")
    return library


@pytest.mark.parametrize(
    ("setting", "size_s", "direction", "seen"),
    [
        ("-3600", -3600, "backward", ["forward=0", "backward=1"]),
        ("+3600", 3600, "forward", ["forward=1", "backward=0"]),
    ],
)
async def test_a_clock_that_is_set(faketime, tmp_path, setting, size_s, direction, seen):
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LD_PRELOAD": str(faketime),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WATCH, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(50):
            assert await process.stdout.readline() == b"watching\n"
            set_clock(clock, float(setting))
            size_ns, where, is_last, *steps = (await process.stdout.readline()).decode().split()
    finally:
        process.kill()
        await process.communicate()
    assert (where, is_last, steps) == (direction, "True", seen)
    assert abs(int(size_ns) / 1e9 - size_s) < 1


class Sleeper:
    """A host that sleeps when told to."""

    def __init__(self):
        self.slept_ns = 0

    def __call__(self):
        return self.slept_ns


def test_a_clock_that_runs_on():
    clock = OwnClock(EpochWatch(), pytest.fail)
    for _ in range(3):
        clock.look()
    assert (set(clock.steps.values()), clock.last_step) == ({0}, None)


def test_after_a_sleep_it_looks_anew():
    sleeper = Sleeper()
    clock = OwnClock(EpochWatch(asleep_ns=sleeper), pytest.fail)
    clock.look()
    sleeper.slept_ns = 1_000_000_000
    clock.look()
    clock.look()
    assert (set(clock.steps.values()), clock.last_step) == ({0}, None)


async def test_it_watches_until_it_is_cancelled():
    watching = asyncio.get_running_loop().create_task(OwnClock(EpochWatch(), pytest.fail).watch())
    await asyncio.sleep(0)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert watching.cancelled()
