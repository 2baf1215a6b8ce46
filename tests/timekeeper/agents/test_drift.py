"""Clocks that run too fast: how fast is told, and the offset stays within the bound; who runs away is accused, and nobody else."""

import pytest

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import check, host, verdicts

RATE = 50e-6
WARN_S = 0.005
PATIENT_S = 160.0
RUNAWAY = 400e-6
"""Eight times what a crystal may do: beyond the threshold in a quarter of a minute."""


async def test_a_clock_that_runs_too_fast(agents, clock, told):
    alpha, _, gamma = hosts = await agents.cluster(TRUE, TRUE, clock(f"+0 x{1 + RATE}"))
    for agent in hosts:
        agent.start(ON_LOOPBACK)

    def truth(at_s):
        return {"alpha": 0.0, "beta": 0.0, "gamma": RATE * (at_s - gamma.started_s)}

    def is_known(report):
        if {pair["via"] for pair in report["pairs"] + report["local"]["pairs"]} == {"probe"}:
            # When libfaketime began to count is known so well; the clock of the router began to run away earlier.
            check(report, truth, slack_s=RATE * (gamma.running_s - gamma.started_s))
        return host(report, "gamma").get("drift_ppm") is not None

    report = await told(alpha, is_known, deadline_s=PATIENT_S)
    told_of = host(report, "gamma")
    assert told_of["drift_ppm"] == pytest.approx(50, abs=10)
    assert told_of["verdict"] == "ok"
    left_s = (WARN_S - told_of["offset_seconds"]) / RATE
    assert told_of["seconds_to_threshold"] == pytest.approx(left_s, rel=0.3)
    crystals = [pair["drift_ppm"] for pair in report["pairs"] if pair["drift_ppm"] is not None]
    assert all(abs(drift_ppm) < 5 for drift_ppm in crystals), "all have one crystal"


async def test_a_clock_that_runs_away(agents, clock, told):
    hosts = await agents.run(TRUE, TRUE, clock(f"+0 x{1 + RUNAWAY}"))
    for agent in hosts:
        report = await told(agent, lambda report: verdicts(report).get("gamma") == "wrong", deadline_s=PATIENT_S)
        assert verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}
    for agent in hosts:
        assert "host=gamma verdict=wrong" in agent.log
        assert agent.log.count("verdict=wrong") == 1
