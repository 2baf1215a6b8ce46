"""Hosts that only want to be measured, and one that solves for all."""

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import verdicts

TRUTH = {"alpha": 0.0, "beta": -0.002, "gamma": 0.040}


async def test_one_solver_is_enough(agents, clock, told):
    alpha, beta, gamma = await agents.cluster(TRUE, clock("-0.002"), clock("+0.040"))
    for agent, role in ((alpha, "solver"), (beta, "agent"), (gamma, "agent")):
        agent.start(ON_LOOPBACK, f"role={role}")
    await told(alpha, lambda report: verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}, TRUTH)
    for agent in (beta, gamma):
        report = await told(agent, lambda report: report["local"]["server"], TRUTH, solved=False)
        assert "hosts" not in report
        assert agent.standing() == set()
    measured = {pair["peer"] for pair in (await beta.report())["local"]["pairs"]}
    assert measured == {"gamma"}, "of each pair one measures"
