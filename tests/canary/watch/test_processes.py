"""Real processes that end, are forgotten, or leave their pid to another."""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord
from canary.watch.processes import MESSAGE, ProcessWatch
from tests.conftest import EVENTUALLY_S

ROOT = Path(__file__).parents[3]
NO_PID = 1 << 22
"""Pids end below this."""


def refuse(_pid):
    raise PermissionError("no pidfd here")


@pytest.fixture(params=["pidfd", "poll"])
def how(request):
    return {"pidfd": os.pidfd_open, "poll": refuse}[request.param]


@pytest.fixture
async def watch(how, monkeypatch):
    monkeypatch.setattr("canary.watch.processes.POLL_S", 0.02)
    words = asyncio.Queue()
    watch = ProcessWatch(words.put_nowait, lambda: 5.0, how)
    watch.words = words
    task = asyncio.get_running_loop().create_task(watch.run())
    yield watch
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def gone(service, pid):
    return ReportWord(service=service, kind=Kind.GONE, at_s=5.0, source="watcher", pid=pid, message=MESSAGE)


async def hear(watch):
    return await asyncio.wait_for(watch.words.get(), 20)


async def test_a_process_that_ends_is_gone(watch, sleeper):
    process = sleeper()
    watch.watch("printer", process.pid)
    process.kill()  # and is not waited for: what is left of it counts as gone
    assert await hear(watch) == gone("printer", process.pid)


async def test_one_that_was_gone_before_is_told_at_once(watch):
    watch.watch("printer", NO_PID)
    assert watch.words.get_nowait() == gone("printer", NO_PID)


async def test_one_is_told_once_however_often_it_registers(watch, sleeper):
    process = sleeper()
    watch.watch("printer", process.pid)
    watch.watch("printer", process.pid)
    process.kill()
    assert await hear(watch) == gone("printer", process.pid)
    watch.look()
    assert watch.words.empty()


async def test_one_process_may_be_two_services(watch, sleeper):
    process = sleeper()
    watch.watch("printer", process.pid)
    watch.watch("scanner", process.pid)
    process.kill()
    assert {(await hear(watch)).service, (await hear(watch)).service} == {"printer", "scanner"}


async def test_of_what_is_forgotten_nothing_is_said(watch, sleeper):
    forgotten, watched = sleeper(), sleeper()
    watch.watch("printer", forgotten.pid)
    watch.watch("scanner", watched.pid)
    watch.forget(forgotten.pid)
    forgotten.kill()
    forgotten.wait(EVENTUALLY_S)
    watched.kill()
    assert await hear(watch) == gone("scanner", watched.pid)
    assert watch.words.empty()


async def test_one_that_ended_and_registers_again_under_its_pid_is_first_told_gone(watch, sleeper):
    """Before the loop had a turn."""
    process = sleeper()
    watch.watch("printer", process.pid)
    process.kill()
    process.wait(EVENTUALLY_S)
    watch.watch("printer", process.pid)
    assert [watch.words.get_nowait() for _ in "12"] == [gone("printer", process.pid)] * 2
    assert watch.words.empty()


async def test_no_more_are_watched_than_fit(watch, sleeper, monkeypatch):
    monkeypatch.setattr("canary.watch.processes.PROCESSES", 1)
    watched, surplus = sleeper(), sleeper()
    watch.watch("printer", watched.pid)
    watch.watch("scanner", surplus.pid)
    surplus.kill()
    surplus.wait(EVENTUALLY_S)
    watched.kill()
    assert await hear(watch) == gone("printer", watched.pid)
    assert watch.words.empty()


async def test_without_descriptors_processes_are_still_watched(watch, sleeper):
    process, other = sleeper(), sleeper()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))  # no new ones; those that are open stay
    try:
        watch.watch("printer", process.pid)
        watch.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    watch.watch("scanner", other.pid)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        watch.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert watch.words.empty()
    process.kill()
    process.wait(EVENTUALLY_S)
    watch.look()
    assert watch.words.get_nowait() == gone("printer", process.pid)


REUSE = """
import asyncio, os, subprocess, sys
from canary.watch.processes import ProcessWatch

def refuse(pid):
    raise PermissionError

async def reuse(how):
    words = []
    watch = ProcessWatch(words.append, lambda: 5.0, how)
    first = subprocess.Popen(["sleep", "1000"])
    watch.watch("printer", first.pid)
    first.kill()
    first.wait()
    await asyncio.sleep(0.02)  # processes that begin within the same hundredth of a second look the same
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(first.pid - 1))
    second = subprocess.Popen(["sleep", "1000"])
    assert second.pid == first.pid, (first.pid, second.pid)
    watch.watch("printer", second.pid)
    assert [word.pid for word in words] == [first.pid], words
    watch.look()
    assert len(words) == 1
    second.kill()
    second.wait()
    watch.watch("printer", second.pid)
    assert len(words) == 3, words

for how in (os.pidfd_open, refuse):
    asyncio.run(reuse(how))
print("twice")
"""


HIDDEN = """
import asyncio, psutil
from canary.watch.processes import ProcessWatch

def refuse(pid):
    raise PermissionError

async def look():
    words = []
    watch = ProcessWatch(words.append, lambda: 5.0, refuse)
    watch.watch("printer", 1)
    watch.look()
    assert not psutil.pid_exists(1), "it is not hidden"
    print(words)

asyncio.run(look())
"""


def run_within(script, *around):
    """In a namespace of pids, where the next one can be chosen and all others be hidden."""
    unshare = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child", *around]
    command = [*unshare, sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    return done.stdout, done.stderr


@pytest.mark.usefixtures("require_root")
def test_a_pid_that_is_used_again_is_another_process():
    assert run_within(REUSE) == ("twice\n", "")


@pytest.mark.usefixtures("require_root")
def test_a_process_that_proc_hides_from_us_is_there():
    hide = 'mount -o remount,hidepid=2 /proc; setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; exit $?'
    assert run_within(HIDDEN, "sh", "-c", hide, "sh") == ("[]\n", "")
