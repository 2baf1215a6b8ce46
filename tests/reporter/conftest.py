"""The stages of the scripts: routers of our own, and what the client library does while a script plays its router."""

import asyncio
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from communicator import Message, Service
from communicator.client import BlockingClient, Client
from communicator.client.signal_port import send_signal
from communicator.errors import MessageRefusedError, NoReceiverError, RegistrationRefusedError, VersionBlockedError
from communicator.reporter.stage import Scene
from communicator.testing import run_cluster, run_router
from tests.canary.running import run_canary
from tests.conftest import EVENTUALLY_S

PRINT = Message("PRINT", {"file": "a.txt"}, service="printer")
RESTART = 75

_shared = []


def _scene(router):
    return Scene({f"router_{door}": getattr(router, door) for door in ("unix", "local", "signal")})


@asynccontextmanager
async def shared_router(_directory):
    """One router for all scripts that leave it as it was."""
    if not _shared:
        router = run_router()
        await asyncio.to_thread(router.__enter__)
        _shared.append(router)
    yield _scene(_shared[0])


def pytest_sessionfinish():
    while _shared:
        _shared.pop().__exit__(None, None, None)


@asynccontextmanager
async def router_and_ping(directory):
    """The shared router, and a service on it that answers PING."""
    async with shared_router(directory) as scene, asyncio.TaskGroup() as group:
        service = ping_service(scene.variables["router_unix"], "ping")
        group.create_task(service.run())
        await service.wait_ready()
        try:
            yield scene
        finally:
            service.stop()


@asynccontextmanager
async def own_router(directory):
    """A router that a script may end, and that knows of a service which is away."""
    services = directory / "services"
    services.mkdir()
    (services / "absent.service").touch()
    async with run_router(settings={"services_path": str(services)}) as router:
        yield _scene(router)


@asynccontextmanager
async def restarting_router(_directory):
    """A router whose script has it restart: it ends, and asks to be started again."""
    async with run_router() as router:
        yield _scene(router)
        assert await asyncio.to_thread(router.wait) == RESTART


@asynccontextmanager
async def router_after_a_run(directory):
    """A router on which a service was, and has left."""
    async with own_router(directory) as scene:
        async with Client(scene.variables["router_unix"], "passing"):
            pass
        yield scene


@asynccontextmanager
async def router_and_canary(directory):
    """A router, and a canary on it that tells whoever speaks to it what it heard."""
    async with own_router(directory) as scene, asyncio.TaskGroup() as group:
        canary = Service(scene.variables["router_unix"], "canary")
        for command in ("CANARY_COMMAND", "RUN_REPORT"):
            canary.on(command)(_tells_what_it_heard)
        group.create_task(canary.run())
        await canary.wait_ready()
        try:
            yield scene
        finally:
            canary.stop()


async def _tells_what_it_heard(message):
    return Message("HEARD", message.parameters)


@asynccontextmanager
async def router_and_canaryd(directory):
    """A router, and what the canary's daemon runs on it."""
    async with own_router(directory) as scene:
        router = SimpleNamespace(unix=scene.variables["router_unix"])
        async with run_canary(router, directory):
            yield scene


@asynccontextmanager
async def router_and_sluggard(_directory):
    """A router that has little patience, and a service on it that never reads."""
    async with run_router(settings={"limits.stall_s": 0.5}) as router:
        with socket.socket(socket.AF_UNIX) as sluggard:
            sluggard.connect(router.unix.removeprefix("cd://"))
            sluggard.sendall(b"REGISTER service=sluggard;version=1\n")
            async with Client(router.unix, "watch") as client:
                await client.request(Message("SERVICE_STATUS", {"service": "sluggard"}), "STATUS")
            yield _scene(router)


@asynccontextmanager
async def two_routers(_directory):
    """Two linked routers, and a service on the first that does to the second what a script asks for."""
    async with run_cluster(2) as (alpha, beta), asyncio.TaskGroup() as group:
        stagehand = Service(alpha.unix, "stagehand")
        for command, act in {"LEAVE": beta.stop, "FALL": beta.kill, "COME_BACK": beta.start}.items():
            stagehand.on(command)(_doing(act))
        group.create_task(stagehand.run())
        await stagehand.wait_ready()
        try:
            yield _scene(alpha)
        finally:
            stagehand.stop()


def _doing(act):
    async def do(_message):
        await asyncio.to_thread(act)

    return do


@asynccontextmanager
async def remote_door(_directory):
    """A router that takes in others, and a script that plays one."""
    settings = {"listen.remote": "127.0.0.1:0", "cluster.my_address": "127.0.0.1:4042", "auth.mode": "none"}
    async with run_router(settings=settings) as router:
        yield Scene({"router_remote": router.remote})


def partner(play, scheme="cd://"):
    """The stage of a script that listens: `play` is run with its address."""

    async def met(address):
        async with asyncio.timeout(EVENTUALLY_S):
            await play(f"{scheme}{address}")

    @asynccontextmanager
    async def stage(directory):
        yield Scene({"here": f"{directory}/router.sock"}, partner=met)

    return stage


async def registers(address):
    async with Client(address, "tested") as client:
        assert client.server_name == "alpha"
        assert client.connected


def fails(kind, *words):
    async def connect(address):
        with pytest.raises(kind) as caught:
            async with Client(address, "tested"):
                pass
        for word in words:
            assert word in str(caught.value)

    return connect


async def is_blocked(address):
    with pytest.raises(VersionBlockedError) as caught:
        async with Client(address, "tested"):
            pass
    assert (caught.value.until_s, caught.value.probe_allowed) == (60, True)


async def requests(address):
    async with Client(address, "tested") as client:
        printed = await client.request(PRINT, "PRINTED", timeout_s=EVENTUALLY_S)
        assert printed.get("pages") == "3"


async def requests_twice(address):
    async with Client(address, "tested") as client, asyncio.TaskGroup() as group:
        asked = [
            group.create_task(
                client.request(Message("PRINT", {"file": file}, "printer"), "PRINTED", timeout_s=EVENTUALLY_S)
            )
            for file in ("a.txt", "b.txt")
        ]
        assert [(await each).get("pages") for each in asked] == ["1", "2"]


def request_fails(kind, word):
    async def request(address):
        async with Client(address, "tested") as client:
            with pytest.raises(kind, match=word):
                await client.request(PRINT, "PRINTED", timeout_s=EVENTUALLY_S)

    return request


async def _news(client):
    async for message in client.messages():
        if message.command == "NEWS":
            return


async def records_cluster(address):
    async with Client(address, "tested") as client:
        await _news(client)
        status = client.cluster_status
        assert status is not None
        assert (status.status, status.completeness, status.servers) == ("up", "degraded", ("alpha", "beta"))


async def records_elder_cluster(address):
    async with Client(address, "tested") as client:
        await _news(client)
        assert client.cluster_status is not None
        assert (client.cluster_status.status, client.cluster_status.completeness) == ("up", "complete")


async def records_clock(address):
    async with Client(address, "tested") as client:
        await _news(client)
        assert client.clock_status is not None
        assert client.clock_status.is_stable


async def hears_news(address):
    async with Client(address, "tested") as client:
        await _news(client)


async def blocks(address):
    def request():
        with BlockingClient(address, "tested") as client:
            assert client.request(PRINT, "PRINTED", timeout_s=EVENTUALLY_S).get("pages") == "3"

    await asyncio.to_thread(request)


def ping_service(address, name):
    service = Service(address, name, service_version="1.0")

    @service.on("PING")
    async def ping(message):
        return Message("PONG", {"text": message.get("text")})

    return service


async def serves(address):
    await ping_service(address, "tested").run()


async def signals(address):
    message = Message("CONFIG_CHANGED", {"name": "two words"}, service="*")
    await asyncio.to_thread(send_signal, address, message, secret_code="secret")


def pytest_reporter_stages():
    return {
        "router": shared_router,
        "own_router": own_router,
        "restarting_router": restarting_router,
        "router_and_ping": router_and_ping,
        "router_and_canary": router_and_canary,
        "router_and_canaryd": router_and_canaryd,
        "router_after_a_run": router_after_a_run,
        "router_and_sluggard": router_and_sluggard,
        "two_routers": two_routers,
        "remote_door": remote_door,
        "client_registers": partner(registers),
        "client_refused": partner(fails(RegistrationRefusedError, "that name is taken")),
        "client_blocked": partner(is_blocked),
        "client_request": partner(requests),
        "client_two_in_flight": partner(requests_twice),
        "client_request_unknown": partner(request_fails(MessageRefusedError, "PRINT")),
        "client_request_invalid": partner(request_fails(MessageRefusedError, "no paper")),
        "client_request_no_receiver": partner(request_fails(NoReceiverError, "printer")),
        "client_cluster_status": partner(records_cluster),
        "client_clock_status": partner(records_clock),
        "client_elder_router": partner(records_elder_cluster),
        "client_alive": partner(hears_news),
        "blocking_client": partner(blocks),
        "service_answers": partner(serves),
        "service_unknown": partner(serves),
        "service_help": partner(serves),
        "signal_sender": partner(signals, "cdu://"),
    }
