"""A canary on a real router asks real runs: what hangs is told, what is busy is not, and a service says more."""

import asyncio
import contextlib

import pytest

from communicator.client import Client, Service
from tests.canary.running import run_canary

ASKED_OFTEN = ("health.every_s=1", "health.misses=2", "rules.a.ok_after_s=0.2", "rules.b.bake_s=600")


@contextlib.asynccontextmanager
async def mute(router, role="live"):
    """A service that registers, lists its commands, and then says nothing more: as one that was stopped."""
    reader, writer = await asyncio.open_unix_connection(router.unix.removeprefix("cd://"))
    writer.write(f"REGISTER service=billing;version=1;service_version=2.0;role={role}\n".encode())
    assert [b"HELP" in await reader.readline(), b"READY" in await reader.readline()] == [True, True]
    writer.write(b"COMMANDS list=ALIVE,HELP,QUITTING,READY,STOP,UNKNOWN\n")
    yield
    writer.close()


@pytest.mark.parametrize("role", ["live", "standby"])
async def test_a_run_that_hangs_is_one_failure(router, tmp_path, desk, eventually, role):
    async with run_canary(router, tmp_path, *ASKED_OFTEN, "rules.a.ok_after_s=30"), mute(router, role):
        cells = await eventually(
            desk.cells, lambda cells: cells.get(("billing", "2.0", ""), {}).get("state") == "suspect"
        )
        cell = cells["billing", "2.0", ""]
        assert (cell["failed"], cell["passed"], cell["state"], cell["running"]) == (1, 0, "suspect", 0)
        assert cell["reason"] == "hung, failed 1 time in a row"


async def test_a_service_that_answers_lives_whatever_its_role(router, tmp_path, desk, eventually):
    async with (
        run_canary(router, tmp_path, *ASKED_OFTEN) as canary,
        Client(router.unix, "billing", service_version="2.0"),
        Client(router.unix, "billing", service_version="2.0", role="standby"),
    ):
        await eventually(desk.cells, lambda cells: cells.get(("billing", "2.0", ""), {}).get("passed") == 2)
        health = canary._witness.health._pulses
        await eventually(
            lambda: asyncio.sleep(0.1, [one for one in health._pulses.values() if one.service == "billing"]),
            lambda pulses: len(pulses) == 2 and all(pulse.is_well for pulse in pulses),
        )


async def test_what_a_service_says_of_itself_three_times_is_a_failure(router, tmp_path, desk, eventually):
    service = Service(router.unix, "billing", service_version="2.0")

    @service.health
    async def spool_is_full():
        return "the spool is full"

    async with run_canary(router, tmp_path, *ASKED_OFTEN, "rules.a.ok_after_s=30"), asyncio.TaskGroup() as group:
        group.create_task(service.run())
        cells = await eventually(desk.cells, lambda cells: cells.get(("billing", "2.0", ""), {}).get("failed"))
        assert (cells["billing", "2.0", ""]["failed"], cells["billing", "2.0", ""]["passed"]) == (1, 0)
        service.stop()
