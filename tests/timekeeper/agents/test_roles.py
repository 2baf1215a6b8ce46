"""Hosts that only measure and repeat, and one that solves for all."""

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import verdicts

TRUTH = {"alpha": 0.0, "beta": -0.002, "gamma": 0.040}


async def test_one_solver_is_enough(agents, clock, told, eventually):
    alpha, beta, gamma = await agents.cluster(TRUE, clock("-0.002"), clock("+0.040"))
    for agent, role in ((alpha, "solver"), (beta, "agent"), (gamma, "agent")):
        agent.start(ON_LOOPBACK, f"role={role}")
    await told(alpha, lambda report: verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}, TRUTH)

    async def standing():
        return alpha.standing()

    await eventually(standing, lambda flags: flags == {"cluster_host-wrong"})
    for agent, flags in ((beta, {"cluster_host-wrong"}), (gamma, {"clock_wrong"})):

        async def repeated(agent=agent):
            return agent.standing()

        await eventually(repeated, lambda standing, flags=flags: standing == flags)
        report = await told(agent, lambda report: verdicts(report).get("gamma") == "wrong", TRUTH)
        assert report["local"]["server"] == agent.name
    await told(beta, measures_as_a_solver_does, TRUTH)


def measures_as_a_solver_does(report):
    return {pair["peer"] for pair in report["local"]["pairs"]} == {"alpha", "gamma"}
