"""What the kernel says of this process."""

import asyncio
import os
import resource
import subprocess
import sys

import psutil

from communicator.daemon.host import LoadSampler, resident_bytes

RAISE = "import resource; from communicator.daemon.host import raise_descriptor_limit as r; print(r())"


def test_the_descriptor_limit_goes_up_to_the_hard_one():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    code = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard})); {RAISE}"
    code += "; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == [str(hard)] * 3


def test_resident_memory_is_what_others_see():
    assert 0.5 < resident_bytes() / psutil.Process(os.getpid()).memory_info().rss < 2


async def test_the_load_is_that_of_each_processor(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0, 2.0, 1.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    told: asyncio.Queue[float] = asyncio.Queue()
    sampler = LoadSampler(told.put_nowait)
    sampler.switch(enabled=True)
    assert await asyncio.wait_for(told.get(), 20) == 0.75
    sampler.switch(enabled=False)


async def test_load_is_told_while_it_is_wanted():
    told: asyncio.Queue[float] = asyncio.Queue()
    sampler = LoadSampler(told.put_nowait)
    sampler.switch(enabled=True)
    sampler.switch(enabled=True)  # again makes no second timer
    assert await asyncio.wait_for(told.get(), 20) >= 0
    sampler.switch(enabled=False)
    sampler.switch(enabled=False)
    while not told.empty():  # a loop that was held up has told more than once
        told.get_nowait()
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(1.2, later.set)
    await later.wait()
    assert told.empty()
