"""A service that is blocked: it waits, runs as a probe by itself, and is let in again once it is mended."""

import asyncio
import signal

import pytest

from canary.records import CellMoved, RunBegan
from communicator.client import Client
from communicator.errors import NoReceiverError, VersionBlockedError
from communicator.protocol import Message
from communicator.testing import run_router
from tests.canary.agents.daemon import is_state
from tests.canary.running import crash
from tests.conftest import EVENTUALLY_S

BLOCK_S = 9.0
"""And nearly as long again a busy machine has to bring the service back as a probe, before it would be let in as it is."""
HANDOVER_S = 0.5
SETTINGS = ("rules.a.failures=3", "rules.a.span_s=0", f"rules.a.first_block_s={BLOCK_S}")


@pytest.fixture
async def router(tmp_path):
    """It knows of billing, and keeps messages for it."""
    services = tmp_path / "services"
    services.mkdir()
    (services / "billing.service").touch()
    async with run_router(settings={"services_path": str(services)}) as running:
        yield running


@pytest.mark.takes(20)
async def test_a_blocked_service_waits_probes_and_gets_what_was_kept_for_it(host, eventually, monkeypatch):
    monkeypatch.setenv("PROBE_RUN_S", "60")  # it is a probe until it is told to end
    await host.begin(*SETTINGS, handover_s=HANDOVER_S)
    supervisor = await host.supervise("billing", "exit 1")
    cell = await eventually(host.questions.cell, is_state("blocked"))
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")  # the router knows
    with pytest.raises(VersionBlockedError) as refused:
        async with Client(host.router.unix, "billing", service_version="2.0", build="b1"):
            pass
    assert cell["reason"] in refused.value.reason
    assert refused.value.until_s < 2 * BLOCK_S

    async def log():
        return supervisor.log

    await eventually(log, lambda log: "version_blocked" in log)
    waiting = supervisor.process.pid
    supervisor.mend()
    await host.client.send(Message("PING", service="billing"))
    await eventually(host.questions.cell, is_state("proving", "good"))
    assert supervisor.process.pid == waiting, "it does not exit"
    with pytest.raises(NoReceiverError):  # a probe gets no traffic
        await host.client.request(Message("PING", {"cache": "no"}, service="billing"), "PONG")
    supervisor.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(EVENTUALLY_S):
        answered = [message.command async for message in until_answered(host.client)]
    assert answered[-1] == "PONG", "what was said while it was blocked"
    assert host.daemon.stop() == 0
    probes = [entry for entry in host.daemon.records(RunBegan) if entry.record.role == "probe"]
    assert len(probes) == 1
    moves = [entry.record.new for entry in host.daemon.records(CellMoved) if entry.record.service == "billing"]
    assert moves[:5] == ["observing", "suspect", "blocked", "probation", "proving"]
    assert set(moves[5:]) <= {"good"}


@pytest.mark.takes(20)
async def test_a_probe_that_worked_is_live_soon(host, eventually):
    await host.begin(*SETTINGS, handover_s=HANDOVER_S)
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    await eventually(host.questions.cell, is_state("probation"))
    await host.supervise("billing", "run")
    await eventually(host.questions.cell, is_state("proving", "good"))

    async def is_live():
        try:
            return await host.client.request(Message("PING", {"cache": "no"}, service="billing"), "PONG")
        except NoReceiverError:
            return None

    await eventually(
        is_live, lambda answer: answer is not None, deadline_s=EVENTUALLY_S
    )  # else it would come a minute later


async def until_answered(client):
    async for message in client.messages():
        yield message
        if message.command == "PONG":
            return
