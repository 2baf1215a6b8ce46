"""Units of a real systemd, put there through polkit by the user of canaryd in its sandbox: all go well, or why not is told."""

import asyncio

import pytest

from canary.deployment.execution.executor import Executor
from canary.deployment.execution.settings import SystemdExecutor

pytestmark = [pytest.mark.slow, pytest.mark.components]


@pytest.mark.short
def test_a_version_replaces_another(host, make_task):
    first = host.perform(make_task("replace", "demo", "1.0"))
    assert (first.status, first.text) == ("done", "start of 'demo@1.0.service'")
    second = host.perform(make_task("replace", "demo", "2.0-1", previous="1.0"))
    assert second.status == "done", second
    assert host.state("demo@1.0.service") == "inactive"
    assert host.state(r"demo@2.0\x2d1.service") == "active"


def test_each_verb_does_what_it_says(host, make_task):
    assert host.perform(make_task("start", "demo", "3.0")).status == "done"
    pid = host.systemd.read("demo@3.0.service", "MainPID")
    assert host.perform(make_task("start", "demo", "3.0")).status == "done"
    assert host.systemd.read("demo@3.0.service", "MainPID") == pid
    assert host.perform(make_task("restart", "demo", "3.0")).status == "done"
    assert host.systemd.read("demo@3.0.service", "MainPID") != pid
    assert host.perform(make_task("stop", "demo", "3.0")).status == "done"
    assert host.state("demo@3.0.service") == "inactive"
    assert host.perform(make_task("stop", "demo", "3.0")).status == "done"
    assert host.perform(make_task("stop", "absent", "3.0")).status == "done"


def test_a_script_that_runs_once_is_done_when_it_has_run(host, make_task):
    assert host.perform(make_task("start", "once", "1.0")).status == "done"


def test_a_version_that_fails_at_once_has_failed_and_says_how(host, make_task):
    host.perform(make_task("start", "demo", "1.0"))
    outcome = host.perform(make_task("replace", "demo", "bad", previous="1.0"))
    assert outcome.status == "failed"
    assert outcome.text.startswith("start of 'demo@bad.service': it did not stay up: ActiveState=failed")
    assert "Result=exit-code ExecMainStatus=7" in outcome.text
    assert host.state("demo@1.0.service") == "inactive"


def test_one_that_is_started_again_and_again_has_failed_too(host, make_task):
    outcome = host.perform(make_task("start", "flapping", "1.0"))
    assert outcome.status == "failed", outcome
    assert host.perform(make_task("stop", "flapping", "1.0")).status == "done"


def test_one_that_hangs_at_its_start_is_stopped_when_its_time_is_over(host, make_task):
    outcome = host.perform(make_task("start", "notify", "1.0"), timeout="2s")
    assert outcome.status == "timeout"
    assert outcome.text == "start of 'notify@1.0.service': not done within 2 s; stop of 'notify@1.0.service' follows"
    host.systemd.enter("systemctl", "stop", "notify@1.0.service")
    assert host.systemd.read("notify@1.0.service", "ActiveState", "Job") == {"ActiveState": "inactive", "Job": ""}


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("masked", "unit 'masked@1.0.service' is masked on this host: see systemctl status"),
        ("absent", "unit 'absent@1.0.service' is not-found on this host: see systemctl status"),
        (
            "unlisted",
            "start of 'unlisted@1.0.service': canaryd may not: list the unit for polkit, as docs/executors.md says",
        ),
    ],
)
def test_what_this_host_does_not_have_or_allow_is_refused(host, make_task, service, reason):
    outcome = host.perform(make_task("start", service, "1.0"))
    assert (outcome.status, outcome.text) == ("refused", reason)


def test_what_runs_is_not_stopped_for_what_is_not_there(host, make_task):
    host.perform(make_task("start", "masked", "0.9"))
    pid = host.systemd.read("masked@0.9.service", "MainPID")
    assert host.perform(make_task("replace", "masked", "1.0", previous="0.9")).status == "refused"
    assert host.systemd.read("masked@0.9.service", "MainPID") == pid


async def test_what_was_stopped_for_what_is_not_allowed_runs_again(host, make_task, eventually):
    host.perform(make_task("start", "demo", "0.9"))
    outcome = host.perform(make_task("replace", "demo", "1.0 beta", previous="0.9"))
    assert outcome.status == "refused"
    assert outcome.text.endswith("as docs/executors.md says; start of 'demo@0.9.service' follows")

    async def state():
        return host.state("demo@0.9.service")

    await eventually(state, lambda state: state == "active")


def test_without_polkit_nothing_is_allowed(host, make_task):
    host.systemd.enter("systemctl", "stop", "polkit.service")
    try:
        outcome = host.perform(make_task("start", "demo", "1.0"))
    finally:
        host.systemd.enter("systemctl", "start", "polkit.service")
    assert outcome.status == "refused", outcome
    assert "canaryd may not" in outcome.text


@pytest.mark.parametrize(
    ("service", "version", "lacks"),
    [
        ("demo", "9.0", []),
        ("masked", "1.0", ["unit 'masked@1.0.service' is masked on this host: see systemctl status"]),
        ("absent", "1.0", ["unit 'absent@1.0.service' is not-found on this host: see systemctl status"]),
        ("demo", "..", ["version '..' could lead its unit out of its folder: deploy one without slashes"]),
    ],
)
def test_what_a_host_lacks_is_told_before(host, make_task, service, version, lacks):
    assert host.lacks(make_task("start", service, version)) == lacks


async def test_a_task_that_is_cancelled_is_unknown_and_its_unit_is_left_to_systemd(host, make_task, eventually):
    executor = Executor(lambda: {"it": SystemdExecutor()}, host.systemd.address)
    running = asyncio.get_running_loop().create_task(executor.perform(make_task("start", "notify", "2.0")))

    async def state():
        return await asyncio.to_thread(host.state, "notify@2.0.service")

    await eventually(state, lambda state: state == "activating")
    running.cancel()
    assert (await running).status == "unknown"
    assert await state() == "activating"
    host.systemd.enter("systemctl", "stop", "notify@2.0.service")


async def test_a_start_that_somebody_else_cancels_has_failed(host, make_task, eventually):
    executor = Executor(lambda: {"it": SystemdExecutor()}, host.systemd.address)
    running = asyncio.get_running_loop().create_task(executor.perform(make_task("start", "notify", "3.0")))

    async def state():
        return await asyncio.to_thread(host.state, "notify@3.0.service")

    await eventually(state, lambda state: state == "activating")
    await asyncio.to_thread(host.systemd.enter, "systemctl", "stop", "notify@3.0.service")
    outcome = await running
    assert outcome.status == "failed"
    assert outcome.text.startswith("start of 'notify@3.0.service': its job ended as canceled: ActiveState=")
