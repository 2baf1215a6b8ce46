"""Orders in a cluster of real routers: whatever was ordered, and wherever, is in force on each host as soon as it is there."""

import asyncio
import contextlib
import json
import shutil

import pytest

from communicator.client import Client
from communicator.testing import run_cluster
from communicator.wording.releases import NO_VERSION
from tests.canary.running import Desk, crash, keep_from_disk, run_canary

pytestmark = pytest.mark.slow

BLOCK = {"service": "billing", "version": "2.0", "reason": "it loses invoices", "duration": "1h"}

NO_RULE = "rules.a.mode=dry-run"
"""To ask whether a version is let in is to have it crash: on a busy machine often enough for a block."""


class Host:
    """A router, a canary that comes and goes, and who asks it."""

    def __init__(self, router, directory, stack):
        self.router = router
        self.directory = directory / router.server_name
        self.directory.mkdir()
        self._stack = stack
        self._running = None

    async def start(self):
        self._running = contextlib.AsyncExitStack()
        await self._running.enter_async_context(run_canary(self.router, self.directory, NO_RULE))
        self.desk = Desk(await self._running.enter_async_context(Client(self.router.unix, "asker")))
        self._stack.push_async_callback(self._running.aclose)

    async def stop(self):
        await self._running.aclose()

    async def lets_in(self, version="2.0"):
        return await crash(self.router, version=version, build="") == "READY"

    async def overrides(self):
        report = await self.desk.report()
        return [(one["action"], one["in_force"]) for one in report["overrides"]]


@pytest.fixture
async def hosts(tmp_path):
    """Routers that know each other; no canary runs yet."""
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(3))
        yield [Host(router, tmp_path, stack) for router in routers]


async def test_an_order_that_was_given_while_a_canary_was_down_is_in_force_there_once_it_is_back(hosts, eventually):
    alpha, beta, gamma = hosts
    for host in hosts:
        await host.start()
    await eventually(alpha.desk.report, lambda report: len(report["canary"]["members"]) == 3)
    await alpha.stop()
    assert await beta.desk.order("block", **BLOCK) == ("done", "")
    for host in (beta, gamma):
        await eventually(host.overrides, lambda found: found == [("block", True)])
        assert not await host.lets_in()
    assert await alpha.lets_in()
    await alpha.start()
    await eventually(alpha.lets_in, lambda is_let_in: not is_let_in)
    # a host with an empty disk is one that never heard of it
    await gamma.stop()
    shutil.rmtree(gamma.directory)
    gamma.directory.mkdir()
    assert await alpha.desk.order("withdraw", service="billing", version="2.0", reason="it is mended") == ("done", "")
    await gamma.start()
    for host in hosts:
        await eventually(host.overrides, lambda found: found == [])
        await eventually(host.lets_in, bool)
    assert await gamma.desk.order("freeze", reason="we are moving", duration="1h") == ("done", "")
    for host in hosts:
        await eventually(host.desk.report, lambda report: [one["by"] for one in report["freezes"]])


async def test_a_host_that_was_away_hears_of_what_was_ordered_meanwhile(hosts, eventually):
    alpha, beta, _gamma = hosts
    for host in hosts:
        await host.start()
    await eventually(beta.desk.report, lambda report: len(report["canary"]["members"]) == 3)
    await asyncio.to_thread(alpha.router.stop)
    assert await beta.desk.order("block", **BLOCK) == ("done", "")
    await asyncio.to_thread(alpha.router.start)
    await eventually(alpha.lets_in, lambda is_let_in: not is_let_in)


async def test_an_order_is_in_force_and_outlives_the_canary_though_the_ledger_is_another(hosts, eventually):
    alpha, *_ = hosts
    await alpha.start()
    assert await alpha.desk.order("block", **BLOCK) == ("done", "")
    await alpha.stop()
    for file in alpha.directory.glob("canary.db*"):
        file.unlink()
    await alpha.start()
    await eventually(alpha.overrides, lambda found: found == [("block", True)])
    assert not await alpha.lets_in()

    async def overridden():  # the router obeys it before the ledger knows of it
        records = [one["record"] for one in (await alpha.desk.report(view="events"))["entries"]]
        return [record["action"] for record in records if record["record"] == "overridden"]

    assert await eventually(overridden, bool) == ["block"]


async def test_what_cannot_be_kept_on_disk_is_in_force_all_the_same_and_told(hosts, eventually):
    alpha, *_ = hosts
    await alpha.start()
    obstacle = keep_from_disk(alpha.directory)
    result = await alpha.desk.ask_order("block", **BLOCK)
    assert result.get("status") == "done"
    assert json.loads(result.get("result"))["not_kept"] == "Is a directory"
    await eventually(alpha.lets_in, lambda is_let_in: not is_let_in)
    assert (await alpha.desk.report())["canary"]["orders_not_kept"] == "Is a directory"
    obstacle.rmdir()
    await eventually(alpha.desk.report, lambda report: not report["canary"]["orders_not_kept"])


async def test_a_service_that_tells_no_version_is_blocked_and_explained_as_any_other(hosts, eventually):
    alpha, *_ = hosts
    await alpha.start()
    await crash(alpha.router, "plain", "", "")
    scope = {"service": "plain", "version": NO_VERSION}
    assert await alpha.desk.order("block", **scope, reason="it is old", duration="1h") == ("done", "")
    await eventually(lambda: crash(alpha.router, "plain", "", ""), lambda answer: answer == "VERSION_BLOCKED")

    async def ordered():  # the router obeys it before the ledger knows of it
        told = await alpha.desk.report(view="explain", server=alpha.router.server_name, **scope)
        assert (told["service"], told["version"]) == ("plain", "")
        return [line["why"] for line in told["lines"] if line["effect"] == "ordered"]

    assert await eventually(ordered, bool) == ["it is old"]
