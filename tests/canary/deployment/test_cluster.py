"""Deployments on real routers and canaries, of services that are processes."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from canary.deployment.spec import read_table
from communicator.answers.deployments import ENDED, Deployments, DeploymentTaken, Readiness
from communicator.client import Client
from communicator.protocol import Message
from communicator.testing import run_cluster
from tests.canary.running import run_canary

HERE = Path(__file__).parent
QUICK = [{"servers": 1, "bake": "1s"}]


class Host:
    """A router, its canary, and the processes of its services."""

    def __init__(self, router, directory, stack):
        self.router = router
        self.name = router.server_name
        self.directory = directory / self.name
        self.directory.mkdir()
        self._stack = stack

    async def start(self):
        roll = [sys.executable, str(HERE / "roll.py"), str(self.directory), self.router.unix]
        command = json.dumps([*roll, "{verb}", "{service}", "{version}", "{previous}"])
        executor = f'deploy.executors.roll={{kind = "command", command = {command}, timeout = "20s"}}'
        self.running = contextlib.AsyncExitStack()
        self.canary = await self.running.enter_async_context(run_canary(self.router, self.directory, executor))
        self.client = await self.running.enter_async_context(Client(self.router.unix, "asker"))
        self._stack.push_async_callback(self.running.aclose)

    async def roll(self, verb, version, previous=""):
        roll = [str(HERE / "roll.py"), str(self.directory), self.router.unix, verb, "billing", version, previous]
        process = await asyncio.create_subprocess_exec(sys.executable, *filter(None, roll))
        assert await process.wait() == 0

    async def ask(self, **parameters):
        question = Message("CANARY_GET_REPORT", parameters, service="canary", server=".")
        return (await self.client.request(question, "CANARY_CURRENT_REPORT")).get("report")

    async def deployments(self):
        return msgspec.json.decode(await self.ask(view="deployments"), type=Deployments)

    async def tell(self, command, server=".", **parameters):
        told = {"command": f"deploy-{command}", **parameters}
        message = Message("CANARY_COMMAND", told, service="canary", server=server)
        answer = await self.client.request(message, "CANARY_RESULT")
        if answer.get("status") != "done":
            return answer.get("message")
        return msgspec.json.decode(answer.get("result"), type=DeploymentTaken)

    async def deploy(self, version, **spec):
        return await self.tell("start", spec=self.spec(version, **spec))

    async def check(self, version):
        question = {"view": "deployment_check", "spec": self.spec(version)}
        answer = await self.client.request(
            Message("CANARY_GET_REPORT", question, "canary", self.name), "CANARY_CURRENT_REPORT"
        )
        return msgspec.json.decode(answer.get("report"), type=Readiness)

    @staticmethod
    def spec(version, **spec):
        table = {
            "name": "web",
            "service": "billing",
            "version": version,
            "executor": "roll",
            "deadline": "20s",
            "bake": "1s",
        }
        return msgspec.json.encode(read_table(table | {"steps": QUICK} | spec)).decode()

    async def which(self):
        question = Message("WHICH", service="billing")
        return (await self.client.request(question, "VERSION")).get("version")

    def processes(self):
        return {file.name.partition("@")[2]: int(file.read_text()) for file in self.directory.glob("billing@*[!g]")}


@pytest.fixture
async def hosts(tmp_path, eventually):
    """Three hosts with a canary each, on which ``billing 1.0`` runs and lasts."""
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(3))
        found = [Host(router, tmp_path, stack) for router in routers]
        stack.callback(_kill, found)
        for host in found:
            await host.start()
            await host.roll("start", "1.0")
        leader = min(found, key=lambda host: host.name)
        await eventually(leader.ask, _are_seen)
        await eventually(leader.deployments, lambda told: told.leader == leader.name)
        yield sorted(found, key=lambda host: host.name)


def _are_seen(text):
    """Whether the version of each host is; the asker, which is a service as well, does not count."""
    of_it = '"service":"billing","version":"1.0","build":"","state":"'
    return text.count(f'{of_it}proving"') + text.count(f'{of_it}good"') == 3


def _kill(found):
    for host in found:
        for process in host.processes().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def over(told):
    return bool(told.deployments) and told.deployments[0].phase in ENDED


async def test_a_version_reaches_all_hosts_and_a_bad_one_none_but_the_first(hosts, eventually):
    leader, other, _third = hosts
    refused = await other.deploy("2.0")
    assert refused == f"{leader.name!r} leads: tell its canary"
    taken = await leader.deploy("2.0")
    assert (taken.phase, taken.in_force) == ("pending", True)
    told = await eventually(leader.deployments, over)
    assert [told.deployments[0].phase, told.deployments[0].reason] == ["done", "done"]
    assert [list(host.processes()) for host in hosts] == [["2.0"]] * 3
    said = [(await host.check(version)).refused for host, version in ((leader, "2.0"), (other, "2.0"), (leader, "3.0"))]
    assert said == ["billing 2.0 runs on all of its servers already", "", ""], "it is known before anything begins"
    taken = await leader.deploy("3.0-dies", deadline="3s")
    told = await eventually(other.deployments, lambda told: over(told) and told.deployments[0].id == taken.id)
    assert told.deployments[0].phase == "rolled_back"
    assert [list(host.processes()) for host in hosts] == [["2.0"]] * 3


async def test_of_two_words_at_once_the_later_one_is_taken_where_the_first_has_led(hosts):
    leader, other, _third = hosts
    taken = await leader.deploy("2.0", steps=[{"servers": 1, "bake": "60s"}])
    words = [leader.tell("abort", deployment=taken.id), other.tell("promote", leader.name, deployment=taken.id)]
    first, second = await asyncio.gather(*words)
    assert (
        "nothing is to be promoted: billing 2.0 is" in second
        if isinstance(second, str)
        else second.number < first.number
    )


async def test_colours_are_switched_and_back(hosts, eventually):
    leader = hosts[0]
    spec = {"strategy": "blue-green", "steps": [], "keep": "2s", "drain": "0s", "promote": "by hand"}
    taken = await leader.deploy("2.0", **spec)
    told = await eventually(leader.deployments, lambda told: told.deployments[0].phase == "paused")
    assert sorted(leader.processes()) == ["1.0", "2.0"]
    assert [await host.which() for host in hosts] == ["1.0"] * 3, "what is on standby gets nothing"
    await leader.tell("promote", deployment=taken.id)
    told = await eventually(leader.deployments, lambda told: told.deployments[0].phase == "baking")
    assert [await host.which() for host in hosts] == ["2.0"] * 3
    assert told.deployments[0].active == "2.0"
    await leader.tell("abort", deployment=taken.id, reason="we do not like it")
    await eventually(leader.deployments, over)
    assert [await host.which() for host in hosts] == ["1.0"] * 3
    await eventually(lambda: _processes(hosts), lambda found: found == [["1.0"]] * 3)


async def _processes(hosts):
    return [list(host.processes()) for host in hosts]
