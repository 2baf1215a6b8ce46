"""The canary on a real router, with real services that come and go."""

import asyncio
import json

import pytest

from canary.service import Canary
from communicator.client import Client, Service
from communicator.errors import MessageRefusedError
from communicator.protocol import Message
from communicator.testing import run_router


@pytest.fixture
async def router():
    async with run_router() as running:
        yield running


@pytest.fixture
async def canary(router):
    service = Service(router.unix, "canary")
    watcher = Canary(service)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        yield watcher
        service.stop()


@pytest.fixture
async def asker(canary, router):  # noqa: ARG001 - the canary runs before anyone asks
    async with Client(router.unix, "asker") as client:
        yield client


async def versions(asker, **parameters):
    question = Message("CANARY_GET_REPORT", parameters, service="canary", server=".")
    answer = await asker.request(question, "CANARY_CURRENT_REPORT")
    report = json.loads(answer.get("report"))
    assert report["server"] == "alpha"
    return {(row["service"], row["version"], row["build"]): row for row in report["versions"]}


async def test_a_service_that_comes_and_goes(router, asker):
    async with Client(router.unix, "ping", service_version="1.0", build="abc"):
        row = (await versions(asker))["ping", "1.0", "abc"]
        assert (row["started"], row["running"], row["ended"]) == (1, 1, {})
    async with Client(router.unix, "ping", service_version="1.1", build="abc"):
        rows = await versions(asker)
    assert rows["ping", "1.0", "abc"]["ended"] == {"unregister": 1}
    assert rows["ping", "1.1", "abc"]["running"] == 1


async def test_a_service_that_vanishes(router, asker, eventually):
    version = ("ping", "2.0", "")
    _, writer = await asyncio.open_unix_connection(router.unix.removeprefix("cd://"))
    writer.write(b"REGISTER service=ping;version=1;service_version=2.0\n")
    await eventually(lambda: versions(asker), lambda rows: version in rows)
    writer.transport.abort()
    rows = await eventually(lambda: versions(asker), lambda rows: not rows[version]["running"])
    assert rows[version]["ended"] == {"lost": 1}


async def test_a_canary_that_starts_late_hears_of_what_runs(router):
    async with Client(router.unix, "ping", service_version="1.0"), Client(router.unix, "asker") as asker:
        service = Service(router.unix, "canary")
        Canary(service)
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            assert (await versions(asker))["ping", "1.0", ""]["running"] == 1
            service.stop()


async def test_a_passing_command_is_no_run(asker, canary):
    told = {"run_id": "r9", "service": "bellwether_311", "reason": "unregister"}
    for handle in (canary.start, canary.end):
        assert await handle(Message("RUN", told, sent_from_service="communicatord")) is None
    assert not any(service == "bellwether_311" for service, _, _ in await versions(asker))


async def test_only_the_router_tells_of_runs(asker, canary):
    for command, parameters in (
        ("RUN_STARTED", {"run_id": "r1", "service": "forged"}),
        ("RUN_ENDED", {"run_id": "r1", "reason": "lost"}),
    ):
        with pytest.raises(MessageRefusedError):
            await asker.request(Message(command, parameters, service="canary", server="."), "NEVER")
    assert not any(service == "forged" for service, _, _ in await versions(asker))
    handler = {"RUN_STARTED": canary.start, "RUN_ENDED": canary.end}  # a C++ router does not check
    for command, handle in handler.items():
        with pytest.raises(MessageRefusedError, match="only the router tells of runs"):
            await handle(Message(command, {"run_id": "r1", "service": "forged"}, sent_from_service="asker"))


@pytest.mark.parametrize("command", ["RUN_STARTED", "RUN_ENDED"])
async def test_a_malformed_word_of_the_router_changes_nothing(asker, canary, command):
    handle = canary.start if command == "RUN_STARTED" else canary.end
    before = await versions(asker)
    with pytest.raises(MessageRefusedError, match="parameter run_id is missing"):
        await handle(Message(command, {"service": "ping"}, sent_from_service="communicatord"))
    assert (await versions(asker)).keys() == before.keys()


async def test_a_wrong_offset_is_refused(asker):
    with pytest.raises(MessageRefusedError, match="offset"):
        await versions(asker, offset="-1")
