"""Real canaries as processes beside real routers, and real services under a supervisor that starts them again."""

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial

import pytest

from communicator.client import Client
from tests.canary.agents.daemon import CanaryDaemon, Questions
from tests.canary.agents.supervisor import Supervisor
from tests.canary.running import crash

LOG_CHARACTERS = 8000
PATIENCE_S = 60.0
"""Processes start again and again here, each of which may take seconds on a machine that is busy with other tests."""
LONGEST_S = 300


def pytest_itemcollected(item):
    """So that it is the patience that ends, and tells for what."""
    item.add_marker(pytest.mark.timeout(LONGEST_S))
    item.add_marker(pytest.mark.takes(10))


class Host:
    """A router, a canary that does not run yet, a client that asks it, and services under supervisors.

    Args:
        router: It runs.
        directory: Of the test.
        stack: Ends all when the test does.
        eventually: Waits.
    """

    def __init__(self, router, directory, stack, eventually):
        self.router = router
        self.directory = directory / f"host-{router.server_name}"
        self.daemon = CanaryDaemon(router, self.directory)
        self._stack = stack
        self._eventually = eventually
        stack.push_async_callback(asyncio.to_thread, self.daemon.kill)

    async def join(self):
        self.client = await self._stack.enter_async_context(Client(self.router.unix, "asker"))
        self.questions = Questions(self.client)

    async def begin(self, *assignments, **how):
        """Start the canary, and wait until it answers."""
        self.daemon.start(*assignments, **how)
        await self.report()

    async def supervise(self, name, plan, **how):
        """Have a service run under a supervisor."""
        client = await self._stack.enter_async_context(Client(self.router.unix, f"supervisor_of_{name}"))
        supervisor = Supervisor(client, self.directory, name, plan, **how)
        self._stack.push_async_callback(_end, asyncio.get_running_loop().create_task(supervisor.run()))
        return supervisor

    async def report(self):
        """The whole report, once there is one."""
        return await self._eventually(self.questions.report, lambda report: report is not None)

    async def settle(self, version):
        """All that was told so far is judged: so is the failure of this version, which comes after it and is its first."""
        await crash(self.router, "mailer", version)
        await self._eventually(
            lambda: self.questions.cell("mailer", version), lambda cell: cell is not None and cell["failed"]
        )


@pytest.fixture
def eventually(eventually):
    """The one for all tests, with more patience."""
    return partial(eventually, deadline_s=PATIENCE_S)


@pytest.fixture
async def make_host(tmp_path, eventually):
    """Makes hosts of routers; ends what runs there."""
    made = []
    async with AsyncExitStack() as stack:

        async def make(router):
            host = Host(router, tmp_path, stack, eventually)
            made.append(host)
            await host.join()
            return host

        make.made = made
        yield make


@pytest.fixture
async def host(router, make_host):
    """The one of `router`."""
    return await make_host(router)


async def _end(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001 - the signature of the hook
    """A test that fails shows the end of the log of each canary."""
    report = yield
    make = item.funcargs.get("make_host")
    if report.when == "call" and report.failed and make is not None:
        logs = {host.router.server_name: host.daemon.log for host in make.made}
        report.sections += [(f"log of {name}", log[-LOG_CHARACTERS:]) for name, log in logs.items()]
    return report
