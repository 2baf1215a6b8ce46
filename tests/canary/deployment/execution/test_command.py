"""Commands as processes: they end well, badly, not at all, or print without end."""

import asyncio
import os
import sys

import psutil
import pytest

from canary.deployment.execution import command
from canary.deployment.execution.command import run_command
from canary.deployment.execution.plan import Command
from canary.deployment.task import OUTPUT_CHARACTERS

LONG_S = 60.0
LEAVES = """
sh -c 'trap "" TERM; echo $$ >"$0"; exec sleep 1000' "$0" &
while ! [ -s "$0" ]; do :; done
echo begun
"""
"""Starts a child that ignores SIGTERM and keeps the output open, and tells its number in a file."""


def run(*argv, limit_s=LONG_S):
    return run_command(Command(argv, limit_s))


def shell(text, *arguments, limit_s=LONG_S):
    return run("/bin/sh", "-c", text, *map(str, arguments), limit_s=limit_s)


async def is_alive(file):
    """Whether the process goes on whose number is in a file; one that waits to be reaped does not."""
    try:
        return psutil.Process(int(file.read_text())).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def leftover(tmp_path):
    """The file with the number of a process that a command leaves; it is killed in the end."""
    file = tmp_path / "pid"
    yield file
    if file.exists() and psutil.pid_exists(int(file.read_text())):
        os.kill(int(file.read_text()), 9)


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """What is patient with programs that clean up is so for less long."""
    monkeypatch.setattr(command, "GRACE_S", 0.3)
    monkeypatch.setattr(command, "REST_S", 0.3)


@pytest.fixture(autouse=True)
def nothing_is_left_open():
    """No descriptor stays open, whatever became of a command."""
    before = psutil.Process().num_fds()
    yield
    assert psutil.Process().num_fds() <= before


async def test_one_that_ends_well_is_done():
    outcome = await run("/bin/echo", "$HOME", "{x}", "2.0; reboot")
    assert (outcome.status, outcome.text, outcome.output) == ("done", "exit code 0", "$HOME {x} 2.0; reboot")


async def test_one_that_fails_has_its_output_of_both_kinds_and_nothing_that_steers():
    outcome = await shell(r"echo out; printf 'er\033[2Jr\377\n' >&2; exit 3")
    assert (outcome.status, outcome.text, outcome.output) == ("failed", "exit code 3", "out\ner\\x1b[2Jr�")


@pytest.mark.parametrize(("number", "name"), [(11, "Segmentation fault"), (35, "Real-time signal 1")])
async def test_one_that_a_signal_ends_has_failed(number, name):
    outcome = await shell(f"kill -{number} $$")
    assert (outcome.status, outcome.text) == ("failed", f"ended by signal {number}, {name}")


async def test_its_surroundings_are_bare():
    outcome = await shell("env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort; pwd; read x || echo no input")
    assert outcome.output.splitlines() == [
        *(f"{name}={value}" for name, value in sorted(command.ENVIRONMENT.items())),
        "/",
        "no input",
    ]


@pytest.mark.parametrize(
    ("program", "reason"), [("/nonexistent/roll", "No such file"), ("/etc/hostname", "denied"), ("/etc", "denied")]
)
async def test_one_that_cannot_be_run_is_refused(program, reason):
    outcome = await run(program)
    assert outcome.status == "refused"
    assert program in outcome.text
    assert reason in outcome.text


async def test_one_that_hangs_is_killed_with_its_child_that_ignores_the_first_signal(leftover, eventually):
    outcome = await shell(f"{LEAVES}\nwait", leftover, limit_s=2.0)
    assert (outcome.status, outcome.text) == ("timeout", "not done within 2 s, and killed")
    assert outcome.output == "begun"
    await eventually(lambda: is_alive(leftover), lambda alive: not alive)


async def test_one_that_cleans_up_when_its_time_is_over_may_say_so(monkeypatch):
    monkeypatch.setattr(command, "GRACE_S", LONG_S)
    outcome = await shell("trap 'echo undone; exit 1' TERM; echo begun; sleep 1000 & wait", limit_s=2.0)
    assert (outcome.status, outcome.output) == ("timeout", "begun\nundone")


async def test_one_that_leaves_a_child_holding_its_output_is_done_and_the_child_goes_on(leftover):
    outcome = await shell(LEAVES, leftover)
    assert (outcome.status, outcome.output) == ("done", "begun")
    assert await is_alive(leftover)


async def test_what_one_that_failed_has_left_does_not_go_on(leftover, eventually):
    outcome = await shell(f"{LEAVES}\nexit 1", leftover)
    assert (outcome.status, outcome.output) == ("failed", "begun")
    await eventually(lambda: is_alive(leftover), lambda alive: not alive)


async def test_of_a_flood_the_end_is_kept():
    memory = psutil.Process().memory_info().rss
    outcome = await run(
        sys.executable, "-c", "import sys; [sys.stdout.write('x' * 1_000_000) for _ in range(100)]; print('\\nthe end')"
    )
    assert outcome.status == "done"
    assert outcome.output == f"{'x' * (OUTPUT_CHARACTERS - len(chr(10) + 'the end'))}\nthe end"
    assert psutil.Process().memory_info().rss - memory < 32 * 1024 * 1024


async def test_a_flood_that_does_not_end_is_killed():
    outcome = await run("/usr/bin/yes", limit_s=0.5)
    assert outcome.status == "timeout"
    assert len(outcome.output) <= OUTPUT_CHARACTERS
    assert outcome.output.endswith("y")


async def test_one_that_is_cancelled_takes_its_group_along(leftover, eventually):
    running = asyncio.get_running_loop().create_task(shell(f"{LEAVES}\nwait", leftover))

    async def begun():
        return leftover.exists() and bool(leftover.read_text())

    await eventually(begun, bool)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: is_alive(leftover), lambda alive: not alive)


async def test_without_a_way_to_see_its_end_it_is_not_run(monkeypatch):
    def refuse(_pid):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    outcome = await run("/bin/sleep", "1000")
    assert outcome.status == "refused"
    assert "Too many open files" in outcome.text
