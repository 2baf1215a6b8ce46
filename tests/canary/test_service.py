"""The canary on a real router, with real services that come and go: what it hears, judges, has the router do, and answers."""

import asyncio
import contextlib
from pathlib import Path

import pytest
import structlog

from canary import service, shortening
from canary.ledger.store import Ledger
from canary.recollection import recollect
from canary.records import CellMoved, Led, Started
from canary.settings import CanarySettings
from communicator.client import Client, Service
from communicator.errors import MessageRefusedError, VersionBlockedError
from communicator.flags.flag_directory import FlagDirectory
from communicator.protocol import Message
from communicator.runtime.settings import load_settings
from tests.canary.running import crash, run_canary

BILLING = ("billing", "2.0", "b1")


def is_state(state, version=BILLING):
    return lambda cells: version in cells and cells[version]["state"] in state.split()


@pytest.fixture
def crash_until_blocked(router, eventually):
    """Has a version die until it is kept out."""

    async def crash_on():
        await eventually(lambda: crash(router), lambda answer: answer == "VERSION_BLOCKED")

    return crash_on


@pytest.fixture
def settle(router, desk, eventually):
    """Waits until all that was told so far is judged: so is the failure of a version that comes after it, and is new."""

    async def settle(version):
        await crash(router, "mailer", version, "")
        await eventually(desk.cells, lambda cells: cells.get(("mailer", version, ""), {}).get("failed"))

    return settle


def moves(canary, version=BILLING):
    """How a version has moved, by its ledger."""
    records = [entry.record for entry in canary._ledger.entries() if isinstance(entry.record, CellMoved)]
    return [record for record in records if (record.service, record.version, record.build) == version]


@pytest.mark.usefixtures("canary")
async def test_what_runs_is_told_with_how_it_does(router, desk, eventually):
    async with Client(router.unix, "ping", service_version="1.0", build="abc"):
        cells = await eventually(desk.cells, is_state("proving good", ("ping", "1.0", "abc")))
        assert cells["ping", "1.0", "abc"]["running"] == 1
    cells = await eventually(desk.cells, lambda cells: cells["ping", "1.0", "abc"]["running"] == 0)
    assert (cells["ping", "1.0", "abc"]["passed"], cells["ping", "1.0", "abc"]["failed"]) == (1, 0)


@pytest.mark.usefixtures("canary")
async def test_a_version_that_always_fails_is_blocked_and_says_why(
    router, desk, eventually, tmp_path, crash_until_blocked
):
    await crash_until_blocked()
    cell = (await eventually(desk.cells, is_state("blocked")))[BILLING]
    assert cell["rule"] == "a"
    assert cell["reason"].startswith("never worked in ")
    assert 30 < cell["until_seconds"] < 70, "some of its minute may have passed on a busy machine"
    with pytest.raises(VersionBlockedError, match="never worked in "):
        async with Client(router.unix, "billing", service_version="2.0", build="b1"):
            pass
    async with Client(router.unix, "billing", service_version="2.0", build="b2"):
        """Another build starts with a clean record."""

    async def flags():
        return [str(flag.name) for flag in (await asyncio.to_thread(FlagDirectory(tmp_path).read_all)).flags]

    await eventually(flags, lambda found: found == ["canary/version/blocked"])
    report = await desk.report()
    assert {(row["rule"], row["verdict"], row["mode"]): row["count"] for row in report["verdicts_total"]} == {
        ("a", "blocked", "detected"): 1,
        ("a", "blocked", "enforced"): 1,
    }


@pytest.mark.usefixtures("canary")
async def test_a_refused_start_is_no_evidence(router, desk, crash_until_blocked, settle):
    await crash_until_blocked()
    await settle("1.0")
    before = (await desk.cells())[BILLING]["failed"]
    for _ in range(5):
        assert await crash(router) == "VERSION_BLOCKED"
    await settle("2.0")
    assert (await desk.cells())[BILLING]["failed"] == before


async def test_in_dry_run_it_only_tells(router, tmp_path, desk, eventually):
    async with run_canary(router, tmp_path, "mode=dry-run"):

        async def crash_and_look():
            assert await crash(router) == "READY"
            return await desk.report()

        report = await eventually(crash_and_look, lambda report: report["suppressed_total"])
        assert report["suppressed_total"] == {"dry_run": 1}
        assert report["canary"]["mode"] == "dry-run"
        assert report["canary"]["denied"] == 0


async def test_what_was_known_outlives_the_canary(router, tmp_path, desk, eventually, crash_until_blocked):
    async with run_canary(router, tmp_path):
        await crash_until_blocked()
    assert await crash(router) == "VERSION_BLOCKED", "the router obeys a canary that is away"
    async with run_canary(router, tmp_path):
        cell = (await eventually(desk.cells, is_state("blocked")))[BILLING]
        assert cell["reason"].startswith("never worked in ")
        assert await crash(router) == "VERSION_BLOCKED"


async def test_a_blocked_version_is_tried_again_as_a_probe(router, tmp_path, desk, eventually, crash_until_blocked):
    async with run_canary(router, tmp_path, "rules.a.first_block_s=0.5"):
        await crash_until_blocked()
        async with contextlib.AsyncExitStack() as stack:

            async def come_in():
                """It is let in once the router knows, which is a moment after the canary does."""
                probe = Client(router.unix, "billing", service_version="2.0", build="b1", role="probe")
                with contextlib.suppress(VersionBlockedError):
                    return await stack.enter_async_context(probe)

            await eventually(come_in, lambda probe: probe is not None)
            await eventually(desk.cells, is_state("proving good"))
        await eventually(lambda: crash(router), lambda answer: answer == "READY")


async def test_a_service_that_knows_no_probes_is_let_in_as_it_is_and_comes_back(
    router, tmp_path, desk, eventually, crash_until_blocked
):
    async with run_canary(router, tmp_path, "rules.a.first_block_s=0.5") as canary:
        await crash_until_blocked()
        async with contextlib.AsyncExitStack() as stack:

            async def come_in():
                with contextlib.suppress(VersionBlockedError):
                    return await stack.enter_async_context(
                        Client(router.unix, "billing", service_version="2.0", build="b1")
                    )

            await eventually(come_in, lambda client: client is not None)
            await eventually(desk.cells, is_state("proving good"))
        *_, let_in, came_back = [move for move in moves(canary) if move.new in ("probation", "proving")]
        assert (let_in.new, let_in.strikes) == ("probation", 0)
        assert "as it is" in let_in.reason
        assert (came_back.old, came_back.new) == ("probation", "proving")


async def test_a_service_that_knows_no_probes_and_dies_again_is_refused_again(
    router, tmp_path, eventually, crash_until_blocked
):
    async with run_canary(router, tmp_path, "rules.a.first_block_s=0.5") as canary:
        await crash_until_blocked()
        await eventually(lambda: crash(router), lambda answer: answer == "READY")
        await crash_until_blocked()
        assert [move.strikes for move in moves(canary) if move.new == "blocked"][:2] == [0, 1]


async def test_the_ledger_is_shortened_every_day_and_what_it_came_to_stays(
    router, tmp_path, desk, eventually, monkeypatch, crash_until_blocked
):
    monkeypatch.setattr(service, "SHORTEN_S", 0.5)
    monkeypatch.setattr(shortening, "KEPT_ENTRIES", 5)
    async with run_canary(router, tmp_path) as canary:
        await crash_until_blocked()

        async def first_entry():
            return next(canary._ledger.entries()).seq

        await eventually(first_entry, lambda seq: seq > 1)
        assert len(list(canary._ledger.entries())) >= 5
        verified = await desk.report(view="verify")
        assert verified["ok"]
        assert (await desk.cells())[BILLING]["state"] == "blocked"
    async with run_canary(router, tmp_path):
        assert (await eventually(desk.cells, is_state("blocked")))[BILLING]["reason"].startswith("never worked in ")
        assert await crash(router) == "VERSION_BLOCKED"


async def test_how_long_it_took_to_find_what_is_blocked_is_told_and_outlives_the_canary(
    router, tmp_path, desk, eventually, crash_until_blocked
):
    async with run_canary(router, tmp_path):
        await crash_until_blocked()
        found = (await eventually(desk.report, lambda report: report["detection_seconds"]["count"]))[
            "detection_seconds"
        ]
        assert found["count"] == 1
        assert 0.2 <= found["sum_seconds"] < 60.0
        assert found["buckets"][-1]["count"] == 1
    async with run_canary(router, tmp_path):
        assert (await desk.report())["detection_seconds"] == found


async def test_who_led_in_another_life_does_not_lead_before_it_has_seen_who_is_there(tmp_path):
    settings = load_settings(CanarySettings, [], (f"data_path={tmp_path}", f"flags_path={tmp_path}"))
    with Ledger.open(Path(settings.ledger_path)) as ledger:
        await ledger.append([Led(leader="alpha", term=1)])
        link = Service(f"cd://{tmp_path}/nobody.sock", "canary")
        canary = service.Canary(link, settings, ledger, recollect(ledger), structlog.get_logger())
        canary._pend((Started(release="1", boot_id="b", was_clean=True),))
        turn = asyncio.get_running_loop().create_task(canary._turn())
        await asyncio.sleep(0)  # what was pending is on its way into the ledger
        canary._begin("alpha", ledger.now_s())
        canary._witness.meet_router("alpha", canary._recollection)
        await turn
        assert canary._mind.state.leader == "alpha"
        assert not canary._mind.leads


@pytest.mark.usefixtures("canary")
async def test_operators_know_better(router, desk, eventually):
    scope = {"service": "billing", "version": "2.0"}
    assert await desk.order("block", **scope, reason="it loses invoices", duration="1h") == ("done", "")

    async def try_it():
        return await crash(router)

    await eventually(try_it, lambda answer: answer == "VERSION_BLOCKED")
    (override,) = (await desk.report())["overrides"]
    assert override["by"].endswith("@alpha")
    assert await desk.order("allow", **scope, reason="we need it", duration="1h") == ("done", "")
    await eventually(try_it, lambda answer: answer == "READY")
    assert await desk.order("withdraw", **scope, reason="it is mended") == ("done", "")
    status, message = await desk.order("withdraw", **scope, reason="again")
    assert (status, message) == ("refused", "no override of billing 2.0 is in force")
    assert (await desk.report())["overrides"] == []


@pytest.mark.usefixtures("canary")
async def test_an_order_that_lacks_something_is_refused_by_name(desk):
    with pytest.raises(MessageRefusedError, match="needs the parameter reason"):
        await desk.order("freeze", duration="1h")


@pytest.mark.usefixtures("canary")
async def test_frozen_rules_do_not_act(router, desk, eventually):
    assert await desk.order("freeze", reason="we are moving", duration="1h") == ("done", "")

    async def crash_and_look():
        assert await crash(router) == "READY"
        return await desk.report()

    report = await eventually(crash_and_look, lambda report: report["suppressed_total"])
    assert report["suppressed_total"] == {"frozen": 1}
    assert report["freezes"][0]["reason"] == "we are moving"
    assert await desk.order("unfreeze", reason="we have moved") == ("done", "")
    await eventually(desk.cells, is_state("blocked"))


async def test_only_the_router_tells_of_runs(canary, asker, desk):
    for command, parameters in (
        ("RUN_STARTED", {"run_id": "r1", "service": "forged"}),
        ("RUN_ENDED", {"run_id": "r1", "service": "forged", "reason": "lost"}),
    ):
        with pytest.raises(MessageRefusedError):
            await asker.request(Message(command, parameters, service="canary", server="."), "NEVER")
        handle = {"RUN_STARTED": canary._witness.start, "RUN_ENDED": canary._witness.end}[command]
        with pytest.raises(MessageRefusedError, match="only the router tells of runs"):  # a C++ router does not check
            await handle(Message(command, parameters, sent_from_service="asker"))
    assert not any(service == "forged" for service, _, _ in await desk.cells())


@pytest.mark.parametrize("command", ["RUN_STARTED", "RUN_ENDED"])
async def test_a_malformed_word_of_the_router_changes_nothing(canary, desk, command):
    handle = canary._witness.start if command == "RUN_STARTED" else canary._witness.end
    with pytest.raises(MessageRefusedError, match="parameter run_id is missing"):
        await handle(Message(command, {"service": "ping"}, sent_from_service="communicatord"))
    assert not any(service == "ping" for service, _, _ in await desk.cells())


@pytest.mark.usefixtures("canary")
async def test_a_wrong_offset_is_refused(desk):
    with pytest.raises(MessageRefusedError, match="offset"):
        await desk.report(offset="-1")
