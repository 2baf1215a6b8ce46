"""A process is watched by its unit where it has one, else by itself."""

import asyncio
import contextlib
import dataclasses

import pytest
import structlog

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord
from canary.settings import WatchSettings
from canary.watch.host import HostWatch
from tests.conftest import EVENTUALLY_S


@contextlib.asynccontextmanager
async def watching(address, units=None):
    words = asyncio.Queue()
    watch = HostWatch(words.put_nowait, lambda: 5.0, structlog.get_logger(), WatchSettings(units=units or {}), address)
    task = asyncio.get_running_loop().create_task(watch.run())
    try:
        yield watch, words
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_both_kinds_of_processes_are_watched(systemd, sleeper):
    systemd.write("both.service", "ExecStart=/bin/sleep 1000")
    async with watching(systemd.address, {"both.service": "printer"}) as (watch, words):
        await asyncio.wait_for(watch.systemd.connected.wait(), 20)
        systemd.enter("systemctl", "start", "both.service")  # until it runs: a stop would undo a start that waits
        systemd.control("stop", "both.service")
        word = await asyncio.wait_for(words.get(), 20)
        assert (word.service, word.kind) == ("printer", Kind.OPERATOR_STOP)

        plain = sleeper()
        await watch.watch("scanner", plain.pid)
        plain.kill()
        word = await asyncio.wait_for(words.get(), 20)
        assert (word.service, word.kind, word.pid) == ("scanner", Kind.GONE, plain.pid)


async def test_what_is_forgotten_is_forgotten_by_both(sleeper):
    async with watching("unix:path=/nonexistent/bus") as (watch, words):
        forgotten, plain = (sleeper(), sleeper())
        for process, service in ((forgotten, "printer"), (plain, "scanner")):
            await watch.watch(service, process.pid)
        watch.forget(forgotten.pid)
        for process in (forgotten, plain):
            process.kill()
            process.wait(EVENTUALLY_S)
        assert (await asyncio.wait_for(words.get(), 20)).service == "scanner"
        assert words.empty()


def put(path, script):
    """A program in the place of the one before, as a package is unpacked."""
    new = path.with_suffix(".new")
    new.write_text(f"#!/bin/sh\n{script}\n")
    new.chmod(0o755)
    new.rename(path)


@pytest.mark.parametrize("is_upgraded", [True, False], ids=["another program", "the same program"])
async def test_what_dies_before_it_registers_is_told_with_whether_it_is_the_program_that_did(
    systemd, eventually, is_upgraded
):
    """A unit in a restart loop, whose program is replaced without a stop."""
    unit = f"upgraded{int(is_upgraded)}.service"
    program = systemd.root / f"{unit}.sh"
    put(program, "exec sleep 1000")
    systemd.write(unit, f"ExecStart={program}\nRestart=always\nRestartSec=100ms", "StartLimitIntervalSec=0")
    async with watching(systemd.address, {unit: "printer"}) as (watch, words):
        await asyncio.wait_for(watch.systemd.connected.wait(), 20)
        systemd.control("start", unit)

        async def main_pid():
            return int(systemd.control("show", "--property=ExecMainPID", "--value", unit))

        pid = await eventually(main_pid, bool)
        await watch.watch("printer", pid)
        assert str(program) in await watch.systemd.files_of("printer", pid)
        if is_upgraded:
            put(program, "exit 3")
        systemd.control("kill", "--signal=KILL", unit)
        first = await asyncio.wait_for(words.get(), 20)
        assert (first.service, first.kind, first.pid) == ("printer", Kind.CRASH, pid)
        if not is_upgraded:
            await eventually(main_pid, lambda now: now not in (0, pid))
            systemd.control("kill", "--signal=KILL", unit)
        second = await asyncio.wait_for(words.get(), 20)
        systemd.control("stop", unit)
        assert (second.service, second.kind, second.program_changed) == ("printer", Kind.CRASH, is_upgraded)
        assert second.pid != pid


async def test_a_supervisor_is_believed_what_ended_and_the_files_which_program_it_was(tmp_path):
    program = tmp_path / "printer"
    put(program, "echo ready; read wait")
    word = ReportWord(service="printer", kind=Kind.CRASH, at_s=5.0, source="supervisor", pid=7, exit_code=3)
    async with watching("unix:path=/nonexistent/bus") as (watch, words):
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        process = await asyncio.create_subprocess_exec(program, **pipes)
        await process.stdout.readline()
        await watch.watch("printer", process.pid)
        assert watch.look_at_program(word) == word
        process.kill()
        assert (await asyncio.wait_for(words.get(), 20)).program_changed is False
        await process.communicate()
        put(program, "exit 3")
        assert watch.look_at_program(word) == dataclasses.replace(word, program_changed=True)
        other = dataclasses.replace(word, service="scanner")
        assert watch.look_at_program(other) == other
