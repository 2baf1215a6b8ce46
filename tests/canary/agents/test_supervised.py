"""What only a supervisor sees: a service that never becomes ready, and one that hangs."""

import pytest

from canary.records import RunEnded
from tests.canary.agents.daemon import is_state
from tests.canary.agents.supervisor import FASTER

PATIENCE_S = 0.6
MERGED = "merge_s=2"
"""How long a word on an end waits for a better one: on a busy machine the router and the supervisor are seldom in step."""
FAILURES = 5


@pytest.mark.parametrize(
    ("plan", "cause"),
    [
        pytest.param("never", "START_TIMEOUT", id="never ready"),
        pytest.param("hang", "WATCHDOG_TIMEOUT", id="hangs"),
    ],
)
async def test_what_its_supervisor_has_to_kill_is_blocked(plan, cause, host, eventually):
    await host.begin(MERGED)
    start_s = PATIENCE_S if plan == "never" else None
    await host.supervise("billing", plan, start_s=start_s, watchdog_s=PATIENCE_S)
    cell = await eventually(host.questions.cell, is_state("blocked"))
    assert (cell["build"], cell["censored"]) == ("b1", 0)
    assert host.daemon.stop() == 0
    block, tries = host.daemon.first_block()
    assert tries >= FAILURES
    assert block.reason.startswith(f"never worked in {tries} tries over ")
    assert block.reason.endswith(f" s (limit {FAILURES} over {60 / FASTER:g} s)")
    ends = [entry.record for entry in host.daemon.records(RunEnded) if entry.record.service == "billing"]
    assert {end.cause for end in ends} == {cause}
    assert len({end.run_id for end in ends}) == len(ends) == host.daemon.failed(), "one run is at most one failure"


async def test_what_is_refused_has_not_failed_to_start(host, eventually):
    """A supervisor sees a service that waits for its block to end, and kills it again and again."""
    await host.begin("rules.a.first_block_s=600")
    supervisor = await host.supervise("billing", "exit 1")

    async def refused():
        return supervisor.log.count("version_blocked")

    await eventually(refused, lambda count: count == 1)
    await host.settle("1.0")
    blocked = await eventually(host.questions.cell, is_state("blocked"))
    for times in (2, 3):
        await supervisor.lose_patience()
        await eventually(refused, lambda count, times=times: count == times)
    await host.settle("2.0")
    assert (await eventually(host.questions.cell, is_state("blocked")))["failed"] == blocked["failed"]
    assert host.daemon.stop() == 0
    assert not [entry for entry in host.daemon.records(RunEnded) if entry.record.cause == "START_TIMEOUT"]
