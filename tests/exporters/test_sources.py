"""How targets are looked at, over a real router: all pages of the canary, and the processes it names."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from communicator.client import Service
from communicator.errors import FlagsPathError, MalformedAnswerError, NoReceiverError
from communicator.protocol import Message
from communicator.testing import run_router
from exporters.feature_pages import FEATURE_PAGES
from exporters.sources import CANARY_PAGES, Places, make_sources


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running


def cells(count, server="alpha"):
    return [
        {"server": server, "service": "printer", "version": f"1.{number}", "state": "good"} for number in range(count)
    ]


@asynccontextmanager
async def serving(*services):
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(service.run())
            await service.wait_ready()
        yield
        for service in services:
            service.stop()


@asynccontextmanager
async def canary(router, known, page_size, asked):
    """A canary that tells of `known` cells in pages."""
    service = Service(router.unix, "canary")

    @service.on("CANARY_GET_REPORT")
    async def answer(message):
        asked.append({name: message.get(name) for name in ("offset", "server", "view", "brief") if message.get(name)})
        offset = int(message.get("offset"))
        rows = "features" if message.get("view") else "cells"
        page = {"server": "alpha", rows: known[offset : offset + page_size], "total": len(known)}
        return Message("CANARY_CURRENT_REPORT", {"report": json.dumps(page)})

    asker = Service(router.unix, "asker")
    async with serving(service, asker):
        yield asker


def sources(asker, *, cluster=False, flags_path="/nowhere", disks=()):
    return make_sources(asker, Places(asker.address, Path(flags_path), disks), cluster=cluster)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (2, 1), (3, 2), (5, 3)])
async def test_all_pages_of_the_canary_are_asked_for(router, count, pages):
    asked = []
    async with canary(router, cells(count), 2, asked) as asker:
        report = await sources(asker, cluster=True)["canary"]()
    assert [cell.version for cell in report.cells] == [f"1.{number}" for number in range(count)]
    assert asked == [{"offset": str(2 * number)} for number in range(pages)]
    assert report.untold == 0


async def test_a_canary_that_knows_too_much_is_not_asked_for_all_of_it(router):
    asked = []
    async with canary(router, cells(CANARY_PAGES + 3), 1, asked) as asker:
        report = await sources(asker, cluster=True)["canary"]()
    assert len(asked) == CANARY_PAGES
    assert report.untold == 3


async def test_where_other_servers_are_not_shown_they_are_not_asked_for(router):
    asked = []
    async with canary(router, cells(1), 9, asked) as asker:
        await sources(asker)["canary"]()
    assert asked == [{"offset": "0", "server": "alpha"}]


def feature_rows(count):
    return [{"feature": f"f{number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("count", "pages"), [(0, 1), (2, 1), (3, 2), (2 * FEATURE_PAGES, FEATURE_PAGES), (99, FEATURE_PAGES)]
)
async def test_the_first_pages_of_feature_flags_are_asked_for(router, count, pages):
    asked = []
    async with canary(router, feature_rows(count), 2, asked) as asker:
        report = await sources(asker)["features"]()
    view = {"view": "features", "brief": "true"}
    assert asked == [{"offset": str(2 * number), **view} for number in range(pages)]
    assert [row.feature for row in report.features] == [f"f{number}" for number in range(min(count, 2 * pages))]
    assert report.total == count


async def test_a_report_of_another_shape_is_its_senders_fault(router):
    async with canary(router, [3], 9, []) as asker:
        with pytest.raises(MalformedAnswerError, match="canary"):
            await sources(asker)["canary"]()


async def test_a_daemon_that_is_away_is_known_at_once(router):
    asker_name = "asker"
    asker = Service(router.unix, asker_name)
    async with serving(asker):
        with pytest.raises(NoReceiverError):
            await sources(asker)["timekeeper"]()
        assert (await sources(asker)["router"]()).services[asker_name] == 1


async def test_the_processes_are_those_the_router_names(tmp_path):
    async with run_router() as router:
        timekeeper = Service(router.unix, "timekeeper")
        async with serving(timekeeper):
            look = sources(timekeeper, disks=(str(tmp_path),))["host"]
            report = await look()
            assert set(report.processes) == {"communicatord", "timekeeperd", "exporter"}
            assert None not in report.processes.values()
            assert report.processes["communicatord"].resident_bytes > 1_000_000
            assert list(report.disks) == [str(tmp_path)]
            router.kill()
            after = await look()
            assert after.processes["communicatord"] is None
            assert after.processes["timekeeperd"] is not None, "the router is gone, those it named are not"


async def test_flags_are_read_where_the_settings_say(tmp_path):
    asker = Service(f"cd://{tmp_path}/none.sock", "asker")
    (tmp_path / "nonsense.flag").touch()
    assert (await sources(asker, flags_path=tmp_path)["flags"]()).unreadable == 1
    with pytest.raises(FlagsPathError):
        await sources(asker, flags_path=tmp_path / "absent")["flags"]()
