"""What an init system says to the daemon: read your settings again, and end."""

import asyncio
from collections import Counter

import pytest

from canary.records import RulesSet, RunBegan, Started, Stopped
from tests.canary.agents.daemon import is_state
from tests.canary.running import crash

SYNCS, SYNC_MICROSECONDS = "fsync,fdatasync", 300_000
DRY = '[rules.a]\nfailures = 2\nspan_s = 0\nmode = "dry-run"\n'
WITHOUT = ("merge_s=0.1", "caps.min_routable=0", "caps.routable_share=0.0", "caps.block_gap_s=0", "ambient.boot_s=0")


async def test_new_rules_hold_from_a_hangup_on_and_wrong_ones_do_not(host, eventually):
    host.daemon.config.write_text(DRY)
    await host.begin(rules=WITHOUT)

    async def crash_and_look():
        assert await crash(host.router) == "READY"
        return await host.report()

    report = await eventually(crash_and_look, lambda report: report["suppressed_total"])
    assert report["suppressed_total"] == {"dry_run": 1}
    host.daemon.config.write_text(DRY.replace("failures = 2", "failures = 0"))
    host.daemon.hang_up()
    await eventually(host.daemon.read_log, lambda log: "config_reload_failed" in log and "rules.a.failures" in log)
    assert await crash(host.router) == "READY"
    host.daemon.config.write_text(DRY.replace("dry-run", "enforce") + "[watch]\nprocesses = false\n")
    host.daemon.hang_up()
    await eventually(host.daemon.read_log, lambda log: "event=config_needs_restart keys=watch.processes" in log)
    cell = await eventually(host.questions.cell, is_state("blocked"))
    assert cell["rule"] == "a"
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    assert host.daemon.stop() == 0
    rules = [entry.record.rules for entry in host.daemon.records(RulesSet)]
    assert ['"dry-run","failures":2' in text for text in rules] == [True, False]


@pytest.fixture
def begin_and_rest(host, eventually):
    """Starts the canary, and waits until it has nothing to do."""

    async def begin(*assignments, **how):
        await host.begin(*assignments, **how)
        await eventually(host.report, lambda report: report["canary"]["policy_age_seconds"] is not None)

    return begin


async def test_an_end_in_good_order_is_kept_and_the_next_life_knows_it(host, begin_and_rest):
    await begin_and_rest()
    assert host.daemon.stop() == 0
    await begin_and_rest()
    host.daemon.kill()
    await begin_and_rest()
    assert host.daemon.stop() == 0
    assert [entry.record.was_clean for entry in host.daemon.records(Started)] == [True, True, False]
    lives = [type(entry.record) for entry in host.daemon.records(Started, Stopped)]
    assert lives == [Started, Stopped, Started, Started, Stopped]
    with host.daemon.ledger() as ledger:
        assert isinstance(list(ledger.entries())[-1].record, Stopped)


async def test_an_end_while_something_is_kept_keeps_it_once(host, begin_and_rest, require_program):
    slow = ("-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:delay_enter={SYNC_MICROSECONDS}")
    await begin_and_rest(command=[require_program("strace"), "-f", "-qq", "-o", "/dev/null", *slow])
    await crash(host.router)
    assert await asyncio.to_thread(host.daemon.stop) == 0
    began = Counter(entry.record.run_id for entry in host.daemon.records(RunBegan))
    assert set(began.values()) == {1}
