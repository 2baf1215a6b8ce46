"""Services that crash at once, after a while, late, for want of another, or once in a while; and one that does not."""

import pytest

from canary.records import CellMoved, RunEnded
from tests.canary.agents.daemon import is_state
from tests.canary.agents.supervisor import FASTER

OK_AFTER_S = 7.0
"""A run that lasts so long is a success."""
AT_ONCE, AFTER_20_S = "exit 1", f"exit 1 {20 / FASTER}"
LATE = f"exit 1 {OK_AFTER_S / 2}"
"""As much below it as a busy machine needs; two of them will do, to keep the test short."""
MERGED = "merge_s=2"
"""How long the router's word on an end waits for that of the supervisor, which knows the exit code: it may be slow."""

BLOCKED = "canary/version/blocked"
SUSPECT = "canary/version/suspect"


@pytest.mark.parametrize(
    ("plan", "failures", "cause"),
    [
        pytest.param(AT_ONCE, 5, "CRASH", id="at once"),
        pytest.param(AFTER_20_S, 5, "CRASH", id="after a while"),
        pytest.param(LATE, 2, "CRASH", id="late, before it would have been a success"),
        pytest.param("exit 78", 5, "CONFIG_ERROR", id="because of its configuration"),
    ],
)
async def test_a_version_that_never_works_is_blocked(plan, failures, cause, host, eventually):
    await host.begin(f"rules.a.failures={failures}", f"rules.a.ok_after_s={OK_AFTER_S}", MERGED)
    await host.supervise("billing", plan)
    cell = await eventually(host.questions.cell, is_state("blocked"))
    assert (cell["rule"], cell["passed"], cell["censored"], cell["excused"]) == ("a", 0, 0, 0)
    standing = await eventually(host.daemon.standing, lambda found: set(found) == {BLOCKED})
    assert standing[BLOCKED] == f"a version is kept from running on this host: billing 2.0: {cell['reason']}"
    assert host.daemon.stop() == 0
    assert await host.daemon.standing() == standing, "they stand on while the canary is away"
    block, tries = host.daemon.first_block()
    assert tries >= failures
    assert block.reason == cell["reason"]
    assert block.reason.startswith(f"never worked in {tries} tries over ")
    assert block.reason.endswith(f" s (limit {failures} over {60 / FASTER:g} s)")
    ends = [entry.record for entry in host.daemon.records(RunEnded) if entry.record.service == "billing"]
    assert {(end.cause, end.outcome, end.exit_code) for end in ends} == {(cause, "failure", int(plan.split()[1]))}
    assert len({end.run_id for end in ends}) == len(ends) == host.daemon.failed(), "one run is at most one failure"


def now_and_then(start):
    """Crashes, and each third time ends in good order, long after it was a success."""
    return "exit 1" if start % 3 else "exit 0 5"


@pytest.mark.parametrize(
    ("plan", "is_seen"),
    [
        pytest.param("run", lambda cell: cell["passed"] >= 1, id="runs"),
        pytest.param("exit 69", lambda cell: cell["censored"] >= 6, id="waits for another"),
        pytest.param(now_and_then, lambda cell: cell["passed"] >= 2 and cell["failed"] >= 4, id="once in a while"),
    ],
)
async def test_a_version_that_works_is_not_blocked(plan, is_seen, host, eventually):
    await host.begin("rules.a.span_s=0", MERGED)
    await host.supervise("billing", plan)
    await eventually(host.questions.cell, lambda cell: cell is not None and is_seen(cell))
    assert BLOCKED not in await host.daemon.standing()
    assert (await host.report())["verdicts_total"] == []
    assert host.daemon.stop() == 0
    assert not any(entry.record.new == "blocked" for entry in host.daemon.records(CellMoved))


async def test_of_a_version_that_never_worked_no_flag_says_that_it_did(host, eventually):
    await host.begin("rules.a.failures=100")
    await host.supervise("billing", AT_ONCE)
    await eventually(host.questions.cell, lambda cell: cell is not None and cell["consecutive"] >= 2)
    assert host.daemon.stop() == 0
    assert SUSPECT not in await host.daemon.standing()
