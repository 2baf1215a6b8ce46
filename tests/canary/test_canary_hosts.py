"""Three real routers with a canary each, of which one host tries new versions first."""

import asyncio
import contextlib
import json

import pytest

from communicator.client import Client
from communicator.protocol import Message, decode
from communicator.testing import run_cluster
from tests.canary.running import ANSWERS, Desk, run_canary

pytestmark = pytest.mark.slow

SETTINGS = ('canary.hosts=["alpha"]', "rules.a.ok_after_s=0.1")
LISTED = "HELP,QUITTING,READY,STOP,UNKNOWN,BUY,CANCEL,REFUND"
NOT_YET = (
    "is not yet good on the canary host alpha: run it there first, or order 'bellwether canary allow billing VERSION'"
)


class Billing:
    """A run of a service, as a C++ one speaks."""

    def __init__(self, reader, writer) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self, *commands):
        """The next of these messages."""
        while (message := decode((await self.reader.readline())[:-1])).command not in commands:
            pass
        return message

    async def leave(self):
        self.writer.write(b"UNREGISTER service=billing\n")
        await self.reader.read()


class Host:
    """A router with a canary, and who asks there."""

    def __init__(self, router, client, stack) -> None:
        self.router = router
        self.client = client
        self.desk = Desk(client)
        self.stack = stack

    async def start(self, version):
        """A run of a version, and what it hears in answer to its registration."""
        reader, writer = await asyncio.open_unix_connection(self.router.unix.removeprefix("cd://"))
        self.stack.callback(writer.close)
        writer.write(f"REGISTER service=billing;version=1;service_version={version}\nCOMMANDS list={LISTED}\n".encode())
        run = Billing(reader, writer)
        return run, await run.hear(*ANSWERS)

    async def answer(self, version):
        """READY, or why a version may not begin here; it leaves at once."""
        run, answer = await self.start(version)
        if answer.command == "READY":
            await run.leave()
        return answer.get("reason") or answer.command

    async def policy(self):
        """What its router obeys."""
        answer = await self.client.request(Message("POLICY_GET"), "POLICY_CURRENT")
        return json.loads(answer.get("policy"))

    async def tried(self):
        """The services of which only some versions may begin here."""
        return [trial["service"] for trial in (await self.policy())["trials"]]

    async def apart(self):
        """The hosts that take no part of what services here send to nobody by name."""
        return [one["server"] for one in (await self.policy()).get("apart", [])]

    async def unheard(self, version):
        """The commands of a version here that never came to it."""
        row = await self.row(version, self.router.server_name)
        return None if row is None else row["unheard"]

    async def row(self, version, server):
        rows = (await self.desk.report())["cells"]
        return next((row for row in rows if (row["version"], row["server"]) == (version, server)), None)

    async def explained(self, version):
        cell = {"server": self.router.server_name, "service": "billing", "version": version}
        return await self.desk.report(view="explain", **cell)


@pytest.fixture
async def hosts(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(3))
        found = []
        for router in routers:
            (tmp_path / router.server_name).mkdir()
            await stack.enter_async_context(run_canary(router, tmp_path / router.server_name, *SETTINGS))
            client = await stack.enter_async_context(Client(router.unix, f"asker_{router.server_name}"))
            found.append(Host(router, client, stack))
        yield found


async def test_a_version_is_tried_on_the_canary_host_first(hosts, eventually):
    alpha, beta, gamma = hosts
    assert await beta.answer("1.0") == "READY"  # it does not exist on the canary host yet
    tried, _ = await alpha.start("1.0")
    for host in (beta, gamma):
        await eventually(host.tried, lambda services: "billing" in services)
        assert await host.answer("2.0") == f"billing 2.0 {NOT_YET}"
    assert await beta.answer("1.0") == "READY"  # it ran there before

    await tried.leave()
    _, answer = await alpha.start("2.0")
    assert answer.command == "READY"
    await eventually(lambda: beta.answer("2.0"), lambda heard: heard == "READY")
    await eventually(lambda: gamma.answer("2.0"), lambda heard: heard == "READY")
    assert await gamma.answer("3.0") == f"billing 3.0 {NOT_YET}"
    order = {"service": "billing", "version": "3.0", "reason": "it mends what burns", "duration": "1h"}
    assert (await beta.desk.order("allow", **order))[0] == "done"
    await eventually(lambda: gamma.answer("3.0"), lambda heard: heard == "READY")


async def test_the_canary_host_takes_no_part_of_what_others_do_and_says_what_never_came_to_it(hosts, eventually):
    alpha, beta, gamma = hosts
    serving, _ = await beta.start(
        "1.0"
    )  # before it exists on the canary host, else it would have to be good there first
    await eventually(lambda: beta.row("1.0", "beta"), lambda row: row is not None)
    tried, _ = await alpha.start("1.0")
    await eventually(lambda: alpha.unheard("1.0"), lambda names: names == ["BUY", "CANCEL", "REFUND"])
    await eventually(lambda: gamma.row("1.0", "beta"), lambda row: row is not None)
    await eventually(gamma.apart, lambda names: names == ["alpha"])
    for number in range(20):
        await gamma.client.send(Message("BUY", {"number": str(number)}, service="billing"))
        assert (await serving.hear("BUY")).get("number") == str(number)
    await gamma.client.send(Message("CANCEL", {"number": "20"}, service="billing", server="alpha"))
    await alpha.client.send(Message("CANCEL", {"number": "21"}, service="billing"))
    heard = {
        (message.command, message.get("number")) for message in [await tried.hear("BUY", "CANCEL") for _ in range(2)]
    }
    assert heard == {("CANCEL", "20"), ("CANCEL", "21")}
    assert (await alpha.row("1.0", "alpha"))["unheard"] == ["BUY", "REFUND"]
    assert (await alpha.explained("1.0"))["unheard"] == ["BUY", "REFUND"]
    assert (await beta.row("1.0", "beta"))["unheard"] == []
    assert (await beta.desk.report())["canary"]["canary_hosts"] == ["alpha"]
