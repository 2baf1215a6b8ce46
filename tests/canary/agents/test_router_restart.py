"""The router is killed, or ends in order, and starts again: that is no failure of any service, and what is blocked stays so."""

import asyncio

import pytest

from canary.records import CellMoved, RunEnded
from communicator.client import Client
from tests.canary.agents.daemon import Questions, is_state
from tests.canary.running import crash

SERVICES = ("ping", "printer")


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_router_that_restarts_is_nobodys_failure(how, host, eventually):
    await host.begin("rules.a.failures=2", "rules.a.span_s=0", "rules.a.first_block_s=600")
    for service in SERVICES:
        await host.supervise(service, "run")
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    for service in SERVICES:
        await eventually(lambda one=service: host.questions.cell(one), lambda cell: cell is not None and cell["passed"])
    await host.settle("0.9")
    failed = (await eventually(host.questions.cell, lambda cell: cell is not None))["failed"]
    await asyncio.to_thread(host.router.kill if how == "killed" else host.router.stop)
    await asyncio.to_thread(host.router.start)
    assert await crash(host.router) == "VERSION_BLOCKED", "before the canary is back"
    async with Client(host.router.unix, "later") as client:
        later = Questions(client)
        await eventually(later.report, lambda report: report is not None)
        for service in SERVICES:
            await eventually(
                lambda one=service: later.cell(one), lambda cell: cell is not None and cell["running"] == 1
            )
        report = await eventually(later.report, is_enforced)
        assert report["canary"]["denied"] == 1
        await settle(host.router, later, eventually)
        for service in SERVICES:
            cell = await eventually(lambda one=service: later.cell(one), lambda cell: cell is not None)
            assert (cell["failed"], cell["excused"]) == (0, 0)
            assert is_state("proving", "good")(cell)
        assert (await eventually(later.cell, lambda cell: cell is not None))["failed"] == failed
        assert await crash(host.router) == "VERSION_BLOCKED"
    assert host.daemon.stop() == 0
    ends = [entry.record for entry in host.daemon.records(RunEnded) if entry.record.service in SERVICES]
    assert {end.outcome for end in ends} <= {"censored"}
    blocked = [entry.record.service for entry in host.daemon.records(CellMoved) if entry.record.new == "blocked"]
    assert blocked.count("billing") == 1
    assert not set(SERVICES) & set(blocked)


def is_enforced(report):
    return report is not None and report["canary"]["policy_age_seconds"] is not None


async def settle(router, questions, eventually):
    """What the canary had to wait with at the restart it has told, once a failure counts again."""

    async def crash_and_look():
        await crash(router, "mailer", "1.0")
        return await questions.cell("mailer", "1.0")

    await eventually(crash_and_look, lambda cell: cell is not None and cell["failed"])
