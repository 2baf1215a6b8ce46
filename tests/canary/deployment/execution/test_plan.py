"""What a task comes to: a table of verbs, executors and values."""

import pytest

from canary.deployment.execution.plan import Command, Jobs, Nothing, plan
from canary.deployment.execution.settings import CommandExecutor, SystemdExecutor
from canary.deployment.task import Task

WORDS = ("/bin/roll", "{verb}", "{service}", "{version}", "from={previous}", "{build}", "{deployment}.{step}.{attempt}")
EXECUTORS = {"systemd": SystemdExecutor(), "roll": CommandExecutor(command=WORDS, timeout="5s")}


def task(verb="replace", executor="systemd", version="2.0", **more):
    return Task(
        deployment="d1", step=0, attempt=1, verb=verb, executor=executor, service="demo", version=version, **more
    )


@pytest.mark.parametrize(
    ("wanted", "steps"),
    [
        (task(previous="1.0"), (("stop", "demo@1.0.service"), ("start", "demo@2.0.service"))),
        (task(), (("start", "demo@2.0.service"),)),
        (task(previous="2.0"), (("stop", "demo@2.0.service"), ("start", "demo@2.0.service"))),
        (task("start", previous="1.0"), (("start", "demo@2.0.service"),)),
        (task("stop"), (("stop", "demo@2.0.service"),)),
        (task("restart", version="2.0-1"), (("restart", r"demo@2.0\x2d1.service"),)),
    ],
)
def test_the_jobs_of_a_task(wanted, steps):
    assert plan(wanted, EXECUTORS) == Jobs(steps, 120.0)


def test_the_command_of_a_task():
    argv = ("/bin/roll", "replace", "demo", "2.0; {verb}", "from=", "9f3c", "d1.0.1")
    assert plan(task(executor="roll", version="2.0; {verb}", build="9f3c"), EXECUTORS) == Command(argv, 5.0)


def test_nobody_has_nothing_to_do():
    assert plan(task(executor="none"), {}) == Nothing()


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (task(executor="ansible"), r"\[deploy.executors.ansible\]"),
        (task(version="../x"), "version '../x'"),
        (task(previous="../x"), "version '../x'"),
        (task(executor="roll", version="--help"), "version '--help' must not reach"),
        (task(executor="roll", previous="-rf"), "previous '-rf' must not reach"),
        (task(executor="roll", build="a\0b"), r"build 'a\\x00b' must not reach"),
        (task(executor="roll", version="2.0\n"), "must not reach"),
    ],
)
def test_what_cannot_be_done_says_why(wanted, reason):
    with pytest.raises(ValueError, match=reason):
        plan(wanted, EXECUTORS)
