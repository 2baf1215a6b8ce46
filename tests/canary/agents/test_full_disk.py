"""The ledger cannot grow any more: the canary lives, says so and decides nothing, until there is room again."""

from tests.canary.agents.daemon import is_state
from tests.canary.running import crash

PAGE = 4096
"""A file of the ledger must be longer to hold anything new; the log of the daemon is shorter."""
NOT_WRITTEN = "canary/ledger/not-written"
SETTINGS = ("rules.a.failures=3", "rules.a.span_s=0", "rules.a.first_block_s=60", "merge_s=0.05")


async def test_a_canary_without_room_decides_nothing_and_goes_on_when_there_is(host, eventually):
    await host.begin(*SETTINGS)
    assert await crash(host.router) == "READY"
    await eventually(host.questions.cell, lambda cell: is_state("suspect")(cell) and cell["failed"] == 1)
    host.daemon.limit_files(PAGE)
    for _ in range(5):
        assert await crash(host.router) == "READY"
    standing = await eventually(host.daemon.standing, lambda found: NOT_WRITTEN in found)
    assert standing[NOT_WRITTEN].startswith("the canary's ledger cannot be written: ")
    assert "event=ledger_not_written" in host.daemon.log
    report = await host.report()
    assert report["canary"]["ledger_errors_total"] >= 1
    assert report["canary"]["ledger_fault"].startswith("ledger ")
    for _ in range(5):
        assert await crash(host.router) == "READY", "what is not kept is not decided"
    cell = await eventually(host.questions.cell, lambda cell: cell is not None)
    assert (cell["state"], cell["failed"]) == ("suspect", 1)
    host.daemon.limit_files(None)
    # what was heard meanwhile is not lost
    await eventually(host.questions.cell, lambda cell: is_state("blocked")(cell) and cell["failed"] == 11)
    await eventually(host.daemon.standing, lambda found: NOT_WRITTEN not in found)
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    report = await host.report()
    assert (report["canary"]["facts_lost_total"], report["canary"]["ledger_fault"]) == (0, "")
    assert "event=ledger_written_again" in host.daemon.log
    assert host.daemon.stop() == 0
    assert host.daemon.records(object), "the ledger holds"
