"""Questions to a real systemd, and what becomes of them when there is none."""

import asyncio
import contextlib

import pytest

from canary.watch.bus import SYSTEMD, BusError, RefusedError, SystemdBus
from tests.conftest import EVENTUALLY_S


@contextlib.asynccontextmanager
async def connected(systemd, changed=lambda *_: None):
    bus = SystemdBus(systemd.address, changed)
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


async def test_the_unit_of_a_process_is_told(systemd):
    async with connected(systemd) as bus:
        path, name = await bus.unit_of(1)
        assert (path, name) == ("/org/freedesktop/systemd1/unit/init_2escope", "init.scope")
        assert await bus.unit_of(1 << 21) is None


async def test_a_unit_that_never_ran_has_a_path_and_properties(systemd):
    systemd.write("never.service", "ExecStart=/bin/true")
    async with connected(systemd) as bus:
        properties = await bus.follow(await bus.path_of("never.service"))
    assert properties["SubState"] == "dead"
    assert properties["ExecMainPID"] == 0
    assert properties["Id"] == "never.service"


async def test_a_name_that_is_none_is_refused(systemd):
    async with connected(systemd) as bus:
        with pytest.raises(RefusedError, match="LoadUnit"):
            await bus.path_of("no/unit")


async def test_who_is_subscribed_knows_it_and_who_was_not_finds_out(systemd):
    async with connected(systemd) as bus:
        assert await bus.is_subscribed()
        await bus._ask("org.freedesktop.systemd1", "/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "Unsubscribe")
        assert not await bus.is_subscribed()
        assert await bus.is_subscribed()
        assert not await bus.lost(0)


async def test_a_job_is_done_when_its_unit_is_there(systemd):
    systemd.write("brief.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true")
    systemd.write("bad.service", "Type=oneshot\nExecStart=/bin/false")
    async with connected(systemd) as bus:
        assert await bus.run_job("StartUnit", "brief.service") == "done"
        assert await bus.run_job("StartUnit", "bad.service") == "failed"
        assert await bus.run_job("StopUnit", "brief.service") == "done"
        with pytest.raises(RefusedError) as refused:
            await bus.run_job("StartUnit", "no-such.service")
    assert refused.value.name == f"{SYSTEMD}.NoSuchUnit"


async def test_a_job_is_awaited_however_many_others_end_meanwhile(systemd, eventually):
    systemd.write("slow.service", "Type=oneshot\nExecStart=/bin/sh -c 'until [ -e /run/go ]; do sleep 0.05; done'")
    systemd.write("brief.service", "Type=oneshot\nExecStart=/bin/true")
    async with connected(systemd) as bus, connected(systemd) as other:
        running = asyncio.get_running_loop().create_task(bus.run_job("StartUnit", "slow.service"))

        async def state():
            return await asyncio.to_thread(systemd.read, "slow.service", "ActiveState")

        await eventually(state, lambda state: state["ActiveState"] == "activating")
        for _ in range(3):
            assert await other.run_job("StartUnit", "brief.service") == "done"
        assert not running.done()
        (systemd.root / "run/go").touch()
        assert await running == "done"


async def test_a_job_whose_end_nobody_can_tell_any_more_is_an_error(systemd, eventually):
    systemd.write("endless.service", "Type=notify\nTimeoutStartSec=300\nExecStart=/bin/sleep 1000")
    async with connected(systemd) as bus:
        running = asyncio.get_running_loop().create_task(bus.run_job("StartUnit", "endless.service"))

        async def state():
            return await asyncio.to_thread(systemd.read, "endless.service", "ActiveState")

        await eventually(state, lambda state: state["ActiveState"] == "activating")
        await bus.close()
        with pytest.raises(BusError, match="StartUnit: the connection is lost"):
            await running
    await asyncio.to_thread(systemd.enter, "systemctl", "stop", "endless.service")


async def test_a_job_whose_connection_is_closed_as_it_begins_is_an_error(systemd, monkeypatch):
    systemd.write("endless.service", "Type=notify\nTimeoutStartSec=300\nExecStart=/bin/sleep 1000")
    async with connected(systemd) as bus:
        begin_job = bus.begin_job

        async def begin_and_close(*job):
            path = await begin_job(*job)
            await bus.close()
            return path

        monkeypatch.setattr(bus, "begin_job", begin_and_close)
        async with asyncio.timeout(EVENTUALLY_S):
            with pytest.raises(BusError, match="StartUnit: the connection is lost"):
                await bus.run_job("StartUnit", "endless.service")
    await asyncio.to_thread(systemd.enter, "systemctl", "stop", "endless.service")


async def test_without_a_connection_nothing_can_be_asked(systemd):
    async with connected(systemd) as bus:
        await bus.close()
        with pytest.raises(BusError, match="not connected"):
            await bus.unit_of(1)
        await bus.close()


async def test_no_bus_is_an_error_that_names_it():
    bus = SystemdBus("unix:path=/nonexistent/bus", lambda *_: None)
    with pytest.raises(BusError, match="No such file"):
        await bus.open()
    assert await bus.lost(60)
    await bus.close()


async def test_an_address_that_is_none_is_an_error():
    bus = SystemdBus("nonsense:", lambda *_: None)
    with pytest.raises(BusError):
        await bus.open()
