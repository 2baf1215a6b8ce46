"""The wall clock under the canary steps by hours, while it runs and while it does not: no block ends early or late."""

import time
from itertools import pairwise

from canary.records import CellMoved, ProbeGranted
from tests.canary.agents.daemon import is_state
from tests.canary.running import crash
from tests.timekeeper.agents.agent import set_clock
from tests.timekeeper.agents.conftest import clock  # noqa: F401 - a fixture of the tests of this folder too

HOUR_S = 3600.0
BLOCK_S = 7.0
LATE_S = 60.0
"""On a machine that is busy with other tests too; an hour off is not that."""
ROUNDED_S = 0.01
SETTINGS = ("rules.a.failures=2", "rules.a.span_s=0", f"rules.a.first_block_s={BLOCK_S}", "probes.jitter=0")


async def test_a_block_ends_when_its_time_is_over(host, clock, tmp_path, eventually):  # noqa: F811 - the fixture
    setting = tmp_path / "faketime"
    setting.write_text("+0")
    environment = clock(file=setting, lazy=True)
    await host.begin(*SETTINGS, environment=environment)
    began_s = time.monotonic()
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    for ahead_s in (HOUR_S, -HOUR_S):
        set_clock(setting, ahead_s)
        cell = await host.questions.cell()
        spent_s = time.monotonic() - began_s
        assert cell["state"] == "blocked"
        assert BLOCK_S - spent_s - ROUNDED_S <= cell["until_seconds"] <= BLOCK_S
    host.daemon.kill()
    set_clock(setting, HOUR_S)
    await host.begin(*SETTINGS, environment=environment)
    set_clock(setting, 0.0)
    cell = await eventually(host.questions.cell, is_state("probation"))
    assert BLOCK_S <= time.monotonic() - began_s < BLOCK_S + LATE_S
    assert host.daemon.stop() == 0
    entries = host.daemon.records(object)
    kept, *_ = [entry for entry in host.daemon.records(CellMoved) if entry.record.new == "blocked"]
    [fact] = [entry for entry in entries if entry.seq == kept.record.last_seq]  # the death that was one too many
    until_s = kept.record.until_at_s
    assert fact.at_s <= until_s - BLOCK_S <= kept.at_s, "it lasts as long as it shall from when it was decided"
    granted, *_ = host.daemon.records(ProbeGranted)
    assert until_s <= granted.at_s < until_s + LATE_S
    walls_s = [entry.wall_s for entry in entries]
    steps_s = [after_s - before_s for before_s, after_s in pairwise(walls_s)]
    assert min(steps_s) < -HOUR_S / 2, "the clock did step"
    assert max(steps_s) > HOUR_S / 2, "the clock did step"
