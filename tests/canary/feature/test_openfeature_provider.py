"""A service with the OpenFeature provider beside a real router and a real canary, which come, go and come back."""

import asyncio
import contextlib
import json

import pytest
from openfeature import api
from openfeature.event import ProviderEvent
from openfeature.provider import ProviderStatus

from communicator.client import Client, Service
from communicator.features import store
from communicator.openfeature import BellwetherProvider
from communicator.testing import run_router
from tests.canary.running import Desk, run_canary

FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "on",
    "metadata": {"owner": "shop", "type": "kill-switch"},
}


@pytest.fixture
def unreached(tmp_path, monkeypatch):
    """A router that does not run yet, at an address that is known; the store soon says that nobody answers."""
    monkeypatch.setattr(store, "START_S", 0.05)
    monkeypatch.setattr(store, "POLL_S", 0.1)
    monkeypatch.setattr(store, "COUNTS_S", 0.1)
    return f"{tmp_path}/communicatord.sock"


@pytest.fixture
def provided(tmp_path, unreached):
    """A service with a provider and a copy on disk, as a daemon makes them when it starts."""

    def make():
        service = Service(f"cd://{unreached}", "shop")
        api.set_provider_and_wait(BellwetherProvider(service, tmp_path / "shop" / "flags.json"))
        return service, api.get_client()

    yield make
    api.clear_providers()


@contextlib.asynccontextmanager
async def running(service):
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        try:
            yield
        finally:
            service.stop()


def details(client, default=True):  # noqa: FBT002 - the default of the code
    told = client.get_boolean_details("new-checkout", default)
    return told.value, told.reason, told.error_code


async def test_a_service_that_starts_with_nothing_reached_follows_daemons_that_come_go_and_come_back(
    unreached, provided, tmp_path, eventually
):
    service, client = provided()
    changed = asyncio.Queue()
    loop = asyncio.get_running_loop()
    client.add_handler(
        ProviderEvent.PROVIDER_CONFIGURATION_CHANGED,
        lambda told: loop.call_soon_threadsafe(changed.put_nowait, told.flags_changed),
    )

    async def status():
        return client.get_provider_status()

    async def told():
        return details(client)

    async with running(service):
        assert details(client) == (True, "ERROR", "PROVIDER_NOT_READY")
        await eventually(status, lambda one: one is ProviderStatus.STALE)
        router = run_router(settings={"listen.unix": unreached})
        async with router, run_canary(router, tmp_path), Client(router.unix, "asker") as asker:
            desk = Desk(asker)
            await eventually(status, lambda one: one is ProviderStatus.READY)
            assert details(client) == (True, "ERROR", "FLAG_NOT_FOUND")
            assert await desk.order("feature-set", feature="new-checkout", definition=json.dumps(FLAG)) == (
                "done",
                "",
            )
            await eventually(told, lambda one: one == (True, "STATIC", None))
            assert await changed.get() == ["new-checkout"]
            order = {"feature": "new-checkout", "reason": "it loses carts"}
            assert await desk.order("feature-off", **order) == ("done", "")
            await eventually(told, lambda one: one == (False, "DISABLED", None))
            assert await desk.order("feature-on", **order) == ("done", "")
            await eventually(told, lambda one: one == (True, "STATIC", None))

            async def counted():
                (row,) = (await desk.report(view="features"))["features"]
                return {one[1:3] == ["off", "DISABLED"] for one in row["evaluations"]}

            await eventually(counted, lambda found: True in found)
        await eventually(status, lambda one: one is ProviderStatus.STALE)
        assert details(client, default=False) == (True, "STALE", None)
        async with router:
            assert details(client, default=False) == (True, "STALE", None)
            async with run_canary(router, tmp_path), Client(router.unix, "asker") as asker:
                await eventually(status, lambda one: one is ProviderStatus.READY)
                assert details(client, default=False) == (True, "STATIC", None)
                await Desk(asker).order("feature-off", feature="new-checkout", reason="again")
                await eventually(told, lambda one: one == (False, "DISABLED", None))
    service, client = provided()
    assert details(client) == (False, "DISABLED", None), "what is kept on disk counts though nobody is reached"
