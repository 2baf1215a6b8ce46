"""What goes wrong in a cluster, done to a real suite, so that there is something to see."""

import asyncio
import sys
import time
from itertools import count

from communicator.client import Client
from communicator.protocol import Message
from tests.canary.agents.supervisor import WORKER
from tests.canary.running import Desk, crash
from tests.conftest import ROOT
from tests.prometheus.suite import end
from tests.timekeeper.conftest import run_process

SEEN_S = 60.0
"""Until somebody has seen it, on a machine that is busy with other tests too."""
NEWER_S = 20.0
"""Longer than it takes until a failure counts as evidence."""
BIG = "x" * 60_000
"""400 of these are more than may wait for one consumer."""
SERVICE = ROOT / "tests/canary/deployment/service.py"
CLERK = "clerk"
"""The service that has a shadow."""
ASKED_S = 0.5
"""How often a client asks it."""


def run_worker(host, directory, service, version, stack):
    """A service that runs well until the stack ends."""
    plan = directory / f"{host.name}-{service}.plan"
    plan.write_text("run")
    command = [sys.executable, str(WORKER), host.router.unix, service, version, "b1", str(plan)]
    process = stack.enter_context(run_process(command, {"PYTHONPATH": str(ROOT)}, plan.with_suffix(".log")))
    stack.callback(end, process)


def run_version(host, directory, version, role, stack):
    """A version of `CLERK` that answers WHICH, until the stack ends."""
    command = [sys.executable, str(SERVICE), host.router.unix, CLERK, version, role]
    process = run_process(command, {"PYTHONPATH": str(ROOT)}, directory / f"{host.name}-{CLERK}.log")
    stack.callback(end, stack.enter_context(process))


async def keep_asking(host):
    """A client asks `CLERK` again and again, each time in another conversation, until it is cancelled."""
    async with Client(host.router.unix, "customer") as client:
        for number in count():
            await client.request(Message("WHICH", {"n": str(number)}, service=CLERK, server="."), "VERSION")
            await asyncio.sleep(ASKED_S)


async def crash_until_blocked(host, eventually):
    """A version dies each time it starts, until its router does not let it in any more."""
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED", SEEN_S)


async def crash_until(host, eventually, question, service):
    """A version dies each time it starts, until a question has an answer.

    Its first failure on a host is what speaks against it: when that was not heard in time, there is a newer one.
    """
    began_s = time.monotonic()

    async def crash_and_ask():
        version = f"2.{(time.monotonic() - began_s) // NEWER_S:.0f}"
        await crash(host.router, service, version)
        return await question()

    await eventually(crash_and_ask, bool, SEEN_S)


def asker(host):
    """A client on a host, for an ``async with``."""
    return Client(host.router.unix, "asker")


async def order(host, command, **parameters):
    """An operator gives the canary of a host an order."""
    async with asker(host) as client:
        status, text = await Desk(client).order(command, reason="a test", **parameters)
    assert status == "done", text


async def overwhelm(host, eventually):
    """A service does not read what is sent to it, until its router cuts its link."""
    reader, writer = await asyncio.open_unix_connection(host.router.unix.removeprefix("cd://"))
    writer.write(b"REGISTER service=sleeper;version=1\n")
    while b"READY" not in await reader.readline():
        pass
    async with asker(host) as client:
        for _ in range(400):
            await client.send(Message("HELLO", {"text": BIG}, service="sleeper", server="."))
        await client.request(Message("ALIVE"), "ABSOLUTELY")

        async def log():
            return host.router.log

        await eventually(log, lambda text: "slow_consumer_cut client=sleeper" in text, SEEN_S)
    writer.transport.abort()
