"""Clusters of real routers and real timekeepers whose clocks are off by what the test says."""

from contextlib import AsyncExitStack

import pytest

from communicator.client import Client
from communicator.testing import RouterCluster, RouterProcess
from tests.cluster.conftest import lab  # noqa: F401 - a fixture of the tests of this folder too
from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE, Agent
from tests.timekeeper.agents.truth import check

LOG_CHARACTERS = 8000
PATIENT_S = 300
"""For a test: up to eight programs have to start, and each of its words is awaited for up to `TOLD_S`."""
TOLD_S = 60.0
"""On a machine that is busy with other tests too; a tenth of it is usual."""


def pytest_itemcollected(item):
    """Give the tests of this folder their time."""
    item.add_marker(pytest.mark.timeout(PATIENT_S))
    item.add_marker(pytest.mark.takes(20))


class ShiftedRouter(RouterProcess):
    """A router whose clock is off, as the one of its host."""

    def __init__(self, server_name, settings, clock):
        super().__init__(server_name, settings)
        self._clock = clock

    def _command(self, ports_file):
        return ["env", *(f"{name}={value}" for name, value in self._clock.items()), *super()._command(ports_file)]


class ShiftedCluster(RouterCluster):
    """Routers on hosts with these clocks, in order."""

    def __init__(self, clocks):
        super().__init__(len(clocks))
        self._clocks = clocks

    def _router(self, number, addresses):
        plain = super()._router(number, addresses)
        return ShiftedRouter(plain.server_name, plain._settings, self._clocks[number])


class Agents:
    """The timekeepers of one test."""

    def __init__(self, directory, stack):
        self.all = []
        self._directory = directory
        self._stack = stack

    async def cluster(self, *clocks):
        """One host for each clock, with a router and an agent that does not run yet."""
        cluster = await self._stack.enter_async_context(ShiftedCluster(clocks))
        return [await self.beside(router, clock) for router, clock in zip(cluster, clocks, strict=True)]

    async def beside(self, router, clock=TRUE, command=()):
        """An agent on the host of a router; it does not run yet."""
        home = self._directory / router.server_name
        home.mkdir()
        asker = await self._stack.enter_async_context(Client(router.unix, "asker"))
        agent = Agent(router, asker, home, clock, command)
        self._stack.callback(agent.kill)
        self.all.append(agent)
        return agent

    async def run(self, *clocks, settings=()):
        """A cluster whose agents run."""
        agents = await self.cluster(*clocks)
        for agent in agents:
            agent.start(ON_LOOPBACK, *settings)
        return agents


@pytest.fixture
async def agents(tmp_path):
    """Starts clusters and agents; ends them all."""
    async with AsyncExitStack() as stack:
        yield Agents(tmp_path, stack)


@pytest.fixture
def told(eventually):
    """Waits until an agent tells something; each report until then is held against the truth, where that is given.

    A solver says that it has solved nothing, too, until it knows who it is.
    """

    async def wait(agent, is_good, truth=None, deadline_s=TOLD_S, *, solved=True):
        async def ask():
            report = await agent.report()
            if report is not None and truth is not None:
                check(report, truth)
            return report

        def is_told(report):
            return report is not None and report["solved"] is solved and is_good(report)

        return await eventually(ask, is_told, deadline_s)

    return wait


@pytest.fixture
def clock(debian_program):
    """Makes a clock that libfaketime shifts: by "+0.35", say, or by what is in a file and may change.

    That file is read at each look at the clock, which is slow; or, `lazy`, again after some seconds.
    """
    [library] = debian_program("libfaketime", "usr/lib").path.glob("*/faketime/libfaketime.so.1")

    def make(shift="", file=None, *, lazy=False):
        how = {"FAKETIME": shift}
        if file is not None:
            read = {"FAKETIME_CACHE_DURATION": "1"} if lazy else {"FAKETIME_NO_CACHE": "1"}
            how = {"FAKETIME_TIMESTAMP_FILE": str(file), **read}
        return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", **how}

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001 - the signature of the hook
    """A test that fails shows the end of the log of each timekeeper."""
    report = yield
    made = item.funcargs.get("agents")
    if report.when == "call" and report.failed and made is not None:
        report.sections += [(f"log of {agent.name}", agent.log[-LOG_CHARACTERS:]) for agent in made.all]
    return report
