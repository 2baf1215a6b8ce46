"""A clock that runs too fast: how fast is told, and its offset stays within the bound all the while."""

import pytest

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import check, host

RATE = 50e-6
STARTED_WITHIN_S = 0.2
"""How well it is known when libfaketime began to count."""
WARN_S = 0.005
PATIENT_S = 80.0


@pytest.mark.timeout(120)
async def test_a_clock_that_runs_too_fast(agents, clock, told):
    alpha, _, gamma = hosts = await agents.cluster(TRUE, TRUE, clock(f"+0 x{1 + RATE}"))
    for agent in hosts:
        agent.start(ON_LOOPBACK)

    def truth(at_s):
        return {"alpha": 0.0, "beta": 0.0, "gamma": RATE * (at_s - gamma.started_s)}

    def is_known(report):
        if {pair["via"] for pair in report["pairs"] + report["local"]["pairs"]} == {"probe"}:
            check(report, truth, slack_s=RATE * STARTED_WITHIN_S)  # the clock of the router began to run away earlier
        return host(report, "gamma").get("drift_ppm") is not None

    report = await told(alpha, is_known, deadline_s=PATIENT_S)
    told_of = host(report, "gamma")
    assert told_of["drift_ppm"] == pytest.approx(50, abs=10)
    assert told_of["verdict"] == "ok"
    left_s = (WARN_S - told_of["offset_seconds"]) / RATE
    assert told_of["seconds_to_threshold"] == pytest.approx(left_s, rel=0.3)
    crystals = [pair["drift_ppm"] for pair in report["pairs"] if pair["drift_ppm"] is not None]
    assert all(abs(drift_ppm) < 5 for drift_ppm in crystals), "all have one crystal"
