"""Deployments on five routers and canaries, whose services are units of a real systemd.

It is one systemd in namespaces of its own, where each of five hosts has units of its own name; the routers and the canaries run
outside, and the canaries reach its bus.
"""

import asyncio
import contextlib
import sys

import pytest

from communicator.answers.deployments import ENDED
from communicator.client import Client
from communicator.errors import ClientError
from communicator.testing import run_cluster
from tests.canary.agents.daemon import CanaryDaemon
from tests.canary.deployment.talk import SERVICE, Talk
from tests.canary.running import QUICK
from tests.conftest import ROOT
from tests.own_systemd import running_systemd

pytestmark = [pytest.mark.slow, pytest.mark.components, pytest.mark.timeout(280)]

RULES = (
    *QUICK,
    "rules.a.ok_after_s=2",
    "rules.e.within_s=20",
    "health.every_s=1",
    "health.misses=2",
    "ambient.elsewhere_s=0",
    "ambient.around_s=0",
    "watch.systemd=true",
)
"""A thirtieth of the times that a host has."""
UNIT = """\
Environment=PYTHONDONTWRITEBYTECODE=1
WorkingDirectory={root}
ExecStart={python} {root}/tests/canary/deployment/service.py {router} billing %I standby
Restart=always
RestartSec=100ms
TimeoutStopSec=1
"""
ANSWER_S = 20.0
GIVE_UP_S = 60.0


class Host(Talk):
    """A router, its canary, and its units."""

    spec = Talk.spec | {"executor": "units", "deadline": "6s"}

    def __init__(self, router, home, systemd, stack):
        self.router, self.name, self._systemd = router, router.server_name, systemd
        self._template = f"{SERVICE}-{self.name}@"
        unit = UNIT.format(root=ROOT, python=sys.executable, router=router.unix)
        systemd.write(f"{self._template}.service", unit, "StartLimitIntervalSec=0")
        self.daemon = CanaryDaemon(router, home / self.name)
        stack.callback(self.daemon.kill)
        executor = f'{{kind = "systemd", unit = "{SERVICE}-{self.name}@{{version}}.service", timeout = "20s"}}'
        bus = {"DBUS_SYSTEM_BUS_ADDRESS": systemd.address}
        self.daemon.start(f"deploy.executors.units={executor}", rules=RULES, environment=bus)

    async def ask(self, question):
        try:
            async with Client(self.router.unix, "asker") as client, asyncio.timeout(ANSWER_S):
                return await question(client)
        except (ClientError, OSError):
            return None

    async def units(self):
        """The versions whose units systemd has up, or starts again and again."""
        words = ("list-units", "--plain", "--no-legend", "--state=active,activating,reloading", f"{self._template}*")
        lines = (await asyncio.to_thread(self._systemd.control, *words)).splitlines()
        names = [line.split()[0].removeprefix(self._template).removesuffix(".service") for line in lines]
        return sorted(name.replace("\\x2d", "-") for name in names)


@pytest.fixture
def systemd(require_program):
    with running_systemd(require_program) as running:
        yield running


@pytest.fixture
async def hosts(systemd, tmp_path, eventually):
    """Five of them, on which ``billing 1.0`` was installed by a deployment."""
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(5))
        found = sorted((Host(router, tmp_path, systemd, stack) for router in routers), key=lambda host: host.name)
        for host in found:
            await eventually(
                host.deployments, lambda told: told is not None and told.leader == found[0].name, GIVE_UP_S
            )
        names = [host.name for host in found]
        await eventually(found[0].members, lambda members: members == names, GIVE_UP_S)
        await found[0].deploy("1.0", servers=names)
        await ended(found, eventually, "1.0", "done")
        yield found


async def ended(hosts, eventually, version, phase):
    """Wait for the end of the deployment of a version, everywhere."""
    for host in hosts:
        told = await eventually(host.deployments, lambda told: told is not None and _is_over(told, version), GIVE_UP_S)
        [deployment] = told.deployments
        assert deployment.phase == phase, deployment
    return deployment


def _is_over(told, version):
    return [(one.version, one.phase in ENDED) for one in told.deployments] == [(version, True)]


async def run_everywhere(hosts, eventually, *versions):
    for host in hosts:
        await eventually(host.units, lambda units: units == [*versions], GIVE_UP_S)


BAD = {
    "2.0-dies": "it did not stay up",
    "2.0-dies-after-2.1": "works, and fails again and again: 5 times",
    "2.0-hangs": "hangs",
}
"""They die at once; a little later than a run is a success; hang: and what is found. By colours, one dies on one host."""


def begun(host, version):
    """Whether a host has begun to put a version there."""
    return f"task_begun service=billing version={version} " in host.daemon.log


@pytest.mark.takes(80)
async def test_versions_of_all_kinds_step_by_step(hosts, eventually):
    leader, second, *_ = hosts
    assert second.name == "beta"
    for version, reason in BAD.items():
        await leader.deploy(
            version, first=second.name, steps=[{"servers": 1, "bake": "20s"}, {"servers": "50%", "bake": "3s"}]
        )
        told = await ended(hosts, eventually, version, "rolled_back")
        assert reason in told.reason
        assert [host.name for host in hosts if begun(host, version)] == [second.name], "it has left its first server"
        await run_everywhere(hosts, eventually, "1.0")
    steps = [{"servers": 1, "bake": "3s"}, {"servers": "50%", "bake": "3s"}]
    await leader.deploy("2.0-dies-off-beta", first=second.name, steps=steps)
    told = await ended(hosts, eventually, "2.0-dies-off-beta", "rolled_back")
    assert (told.step, sum(begun(host, "2.0-dies-off-beta") for host in hosts)) == (1, 3)
    await run_everywhere(hosts, eventually, "1.0")
    await leader.deploy("2.0", first=second.name, steps=steps)
    await ended(hosts, eventually, "2.0", "done")
    await run_everywhere(hosts, eventually, "2.0")


@pytest.mark.takes(45)
async def test_versions_of_all_kinds_by_colours(hosts, eventually):
    leader = hosts[0]
    how = {"strategy": "blue-green", "keep": "2s", "drain": "0s"}
    for version in ("2.0-dies", "2.0-hangs", "2.0-dies-on-beta"):
        await leader.deploy(version, bake="6s", **how)
        told = await ended(hosts, eventually, version, "rolled_back")
        assert told.active == "1.0"
        await run_everywhere(hosts, eventually, "1.0")
    await leader.deploy("2.0", **how)
    await ended(hosts, eventually, "2.0", "done")
    await run_everywhere(hosts, eventually, "2.0")
    assert [await host.which() for host in hosts] == ["2.0"] * 5
