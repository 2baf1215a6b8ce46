"""The executor: who does a task, in which turn, and what comes of it whatever happens."""

import asyncio

import pytest

from canary.deployment.execution.executor import Executor
from canary.deployment.execution.settings import CommandExecutor, SystemdExecutor
from canary.deployment.task import Task

NO_BUS = "unix:path=/nonexistent/bus"
MEET = 'touch "$0/$1"; until [ -e "$0/$2" ]; do sleep 0.01; done'
"""Ends once the other one runs too."""
ALONE = 'mkdir "$0/$1" || exit 9; sleep 0.1; rmdir "$0/$1"'
"""Fails where another one runs."""


def shell(text, *words):
    return CommandExecutor(command=("/bin/sh", "-c", text, *map(str, words)), timeout="60s")


def task(service="demo", executor="it", version="2.0", verb="start", **more):
    return Task(
        deployment="d1", step=0, attempt=1, verb=verb, executor=executor, service=service, version=version, **more
    )


def executor_of(settings):
    return Executor(lambda: {"it": settings}, NO_BUS)


async def test_a_command_is_given_what_the_task_says():
    executor = executor_of(shell('echo "$@"', "roll", "{verb}", "{service}", "{version}", "{previous}", "{attempt}"))
    outcome = await executor.perform(task(verb="replace", previous="1.0"))
    assert (outcome.status, outcome.output) == ("done", "replace demo 2.0 1.0 1")


async def test_settings_count_as_they_are_when_a_task_begins():
    tables = {}
    executor = Executor(lambda: tables, NO_BUS)
    refused = await executor.perform(task())
    assert refused.status == "refused"
    assert "[deploy.executors.it]" in refused.text
    tables["it"] = shell("true")
    assert (await executor.perform(task())).status == "done"


async def test_where_somebody_else_does_it_nothing_is_done():
    assert (await executor_of(shell("false")).perform(task(executor="none"))).status == "done"


@pytest.mark.parametrize("version", ["--help", "2.0\n", "2\0"])
async def test_a_version_that_could_steer_a_command_is_refused(version):
    outcome = await executor_of(shell("true")).perform(task(version=version))
    assert outcome.status == "refused"


async def test_without_systemd_a_task_fails_and_says_so():
    outcome = await executor_of(SystemdExecutor()).perform(task())
    assert outcome.status == "failed"
    assert outcome.text.startswith("start of 'demo@2.0.service': systemd: ")


async def test_what_nobody_foresaw_is_the_end_of_the_task_alone():
    executor = Executor(lambda: {}[None])
    outcome = await executor.perform(task())
    assert outcome.status == "failed"
    assert "KeyError" in outcome.text


async def test_tasks_of_one_service_wait_for_each_other(tmp_path):
    executor = executor_of(shell(ALONE, tmp_path, "{service}"))
    outcomes = await asyncio.gather(*(executor.perform(task(version=str(number))) for number in range(3)))
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    assert executor._turns == {}


async def test_tasks_of_two_services_do_not(tmp_path):
    executor = executor_of(shell(MEET, tmp_path, "{service}", "{build}"))
    outcomes = await asyncio.gather(
        executor.perform(task("this", build="that")), executor.perform(task("that", build="this"))
    )
    assert [outcome.status for outcome in outcomes] == ["done", "done"]


async def test_one_that_is_cancelled_is_unknown_also_before_its_turn(tmp_path, eventually):
    executor = executor_of(shell(MEET, tmp_path, "{version}", "nobody"))
    loop = asyncio.get_running_loop()
    running, waiting = (loop.create_task(executor.perform(task(version=version))) for version in "12")

    async def begun():
        return [file.name for file in tmp_path.iterdir()]

    await eventually(begun, bool)
    for one in (waiting, running):
        one.cancel()
        assert (await one).status == "unknown"
    assert await begun() == ["1"]
    assert executor._turns == {}


@pytest.mark.parametrize(
    ("settings", "executor", "version", "lacks"),
    [
        (shell("true"), "it", "2.0", ""),
        (shell("true"), "none", "2.0", ""),
        (shell("true"), "ansible", "2.0", "[deploy.executors.ansible]"),
        (shell("true"), "it", "--help", "must not reach a command"),
        (
            CommandExecutor(command=("/nonexistent/roll",)),
            "it",
            "2.0",
            "'/nonexistent/roll' cannot be run on this host",
        ),
        (SystemdExecutor(), "it", "2.0", "systemd cannot be asked for 'demo@2.0.service'"),
        (SystemdExecutor(), "it", "../2.0", "could lead its unit out of its folder"),
    ],
)
async def test_what_is_lacking_is_told_before(settings, executor, version, lacks):
    told = await executor_of(settings).missing(executor, "demo", version)
    assert len(told) == bool(lacks)
    assert lacks in "".join(told)
