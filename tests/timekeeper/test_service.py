"""The timekeeper on a real router."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
import structlog

from communicator.client import Client, Service
from communicator.errors import NoReceiverError
from communicator.protocol import Message
from communicator.runtime.settings import load_settings
from communicator.testing import run_router
from timekeeper.service import Timekeeper
from timekeeper.settings import TimekeeperSettings

NOT_YET = {"local": {"seq": 0, "server": ""}}


def settings(*assignments):
    return load_settings(TimekeeperSettings, [], assignments)


@asynccontextmanager
async def timekeeper_at(router, *assignments):
    service = Service(router.unix, "timekeeper")
    timekeeper = Timekeeper(service, settings(*assignments), structlog.get_logger())
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        looking = group.create_task(timekeeper.run())
        yield timekeeper
        looking.cancel()
        service.stop()


@pytest.fixture
async def router():
    async with run_router() as running:
        yield running


@pytest.fixture
async def asker(router):
    async with Client(router.unix, "asker") as client:
        yield client


def clock_status(asker):
    async def ask():
        status = await asker.request(Message("CLOCK_STATUS"), "CLOCK_STABLE", "CLOCK_UNSTABLE")
        return status.command, status.get("clock_resolution") or status.get("clock_error")

    return ask


def report(asker):
    async def ask():
        question = Message("CLOCK_GET_REPORT", service="timekeeper", server=".")
        try:
            return json.loads((await asker.request(question, "CLOCK_CURRENT_REPORT")).get("report"))
        except NoReceiverError:
            return NOT_YET

    return ask


async def test_from_chronyd_to_the_router(router, asker, chrony_host, eventually):
    assert await clock_status(asker)() == ("CLOCK_UNSTABLE", "checking")
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    async with timekeeper_at(router, "interval_s=1", f"sources.chrony={client.commands}"):
        await eventually(clock_status(asker), lambda status: status == ("CLOCK_STABLE", "verified"))
        answer = await report(asker)()
    assert answer["solved"] is False
    assert answer["local"]["server"] == "alpha"
    assert answer["local"]["claim"]["state"] == "synchronized"
    assert answer["local"]["claim"]["upstreams"] == [server.ntp.host]
    assert answer["local"]["sources"]["selected"] == 1
    assert 0 <= answer["age_seconds"] < 20


async def test_an_unsynchronised_chronyd(router, asker, chrony_host, eventually, answered):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    async with timekeeper_at(router, f"sources.chrony={client.commands}"):
        await eventually(clock_status(asker), lambda status: status == ("CLOCK_UNSTABLE", "invalid"))


async def test_a_question_before_the_first_look_waits_for_it(router, asker):
    service = Service(router.unix, "timekeeper")
    timekeeper = Timekeeper(service, settings("sources.chrony=false"), structlog.get_logger())
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        asking = group.create_task(report(asker)())
        looking = group.create_task(timekeeper.run())
        answer = await asking
        looking.cancel()
        service.stop()
    assert answer["local"]["seq"] == 1


async def test_new_settings_count_at_once(router, asker, chrony_host, eventually, answered):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    async with timekeeper_at(router, "interval_s=3600", "sources.chrony=false") as timekeeper:
        await eventually(report(asker), lambda answer: "chrony is switched off" in str(answer))
        new = settings("interval_s=1800", f"sources.chrony={client.commands}", "communicator=cd://127.0.0.1:4040")
        assert timekeeper.reload(new) == ["communicator"]
        await eventually(report(asker), lambda answer: answer["local"]["claim"]["daemon"] == "chronyd")


async def test_a_router_that_comes_back_hears_of_the_clock_again(router, eventually):
    async with timekeeper_at(router, "interval_s=1", "sources.chrony=false"):
        for _ in range(2):
            async with Client(router.unix, "asker") as asker:
                await eventually(
                    report(asker), lambda answer: answer["local"]["server"] == "alpha" and answer["local"]["seq"] > 1
                )
            await asyncio.to_thread(router.stop)
            await asyncio.to_thread(router.start)


async def test_a_change_is_logged_once(router, asker, chrony_host, eventually):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=1", f"sources.chrony={client.commands}"):
            await eventually(clock_status(asker), lambda status: status == ("CLOCK_STABLE", "verified"))
            seq = (await report(asker)())["local"]["seq"]
            await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)
    claims = [(entry["log_level"], entry["state"]) for entry in logs if entry["event"] == "clock_claim"]
    assert claims[-1] == ("info", "synchronized")
    assert claims.count(("info", "synchronized")) == 1
