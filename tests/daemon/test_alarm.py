"""The timer that follows the router's deadline."""

import asyncio
import time

from communicator.daemon.alarm import Alarm


async def test_it_rings_at_the_last_time_set_and_once():
    rung: list[float] = []
    done = asyncio.Event()

    def ring() -> None:
        rung.append(time.monotonic())
        done.set()

    alarm = Alarm(ring, time.monotonic)
    start = time.monotonic()
    alarm.set(start + 3600)
    alarm.set(start + 0.03)
    alarm.set(start + 0.03)
    await asyncio.wait_for(done.wait(), 60)
    assert len(rung) == 1
    assert rung[0] >= start + 0.03
    done.clear()
    alarm.set(start + 0.03)  # past already: it rings again, soon
    await asyncio.wait_for(done.wait(), 60)
    alarm.set(time.monotonic() + 0.01)
    alarm.set(None)
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, later.set)
    await later.wait()
    assert len(rung) == 2


async def test_it_does_not_ring_before_its_own_clock_says_so():
    readings = iter([0.94, 0.94, 1.0, 1.0])  # when set, when the timer is due, when set again, when due again
    done = asyncio.Event()
    alarm = Alarm(done.set, lambda: next(readings))
    alarm.set(0.95)
    await asyncio.wait_for(done.wait(), 60)
    assert next(readings, None) is None
