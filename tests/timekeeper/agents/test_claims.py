"""The claim of a real chronyd, which knows the true time, on a host whose clock is 40 ms ahead of it."""

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import host, verdicts

TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": 0.040}
CLAIM_S = 0.005


async def test_a_false_claim_is_found_out(agents, clock, chrony_host, told, eventually):
    hosts = alpha, beta, gamma = await agents.cluster(TRUE, TRUE, clock("+0.040"))
    for agent in hosts:  # an upstream each, for only distinct ones are distinct votes
        client = chrony_host.start_client(chrony_host.start_server().as_source())
        agent.start(ON_LOOPBACK, f"sources.chrony={client.commands}")
    for agent in hosts:
        report = await told(agent, is_found_out, TRUTH)
        assert verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}
        claims = [host(report, name)["claim"] for name in TRUTH]
        assert [claim["state"] for claim in claims] == ["synchronized"] * 3
        assert all(claim["bound_seconds"] < CLAIM_S for claim in claims)
        is_off = host(report, "gamma")["true_offset_seconds"] - TRUTH["gamma"]
        assert abs(is_off) <= host(report, "gamma")["true_bound_seconds"]

    async def standing():
        return [agent.standing() for agent in hosts]

    await eventually(standing, lambda flags: flags == [set(), set(), {"clock_wrong", "clock_false-claim"}])
    for agent in (alpha, gamma):
        text = agent.command_line("clock", "explain", "gamma")
        assert "claims ±" in text
        assert "but the clock is 40 ms ahead of true time" in text
    assert beta.standing() == set()


def is_found_out(report):
    holds = [host(report, name).get("claim_holds") for name in TRUTH]
    return holds == [True, True, False] and host(report, "gamma")["verdict"] == "wrong"
