"""The claim of a real chronyd, which knows the true time, on a host whose clock is 40 ms ahead of it."""

import re

import pytest

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import host, verdicts

TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": 0.040}
CLAIM_S = 0.005
HOST_WRONG = {"cluster_host-wrong"}


async def test_a_false_claim_is_found_out(agents, clock, chrony_host, told, eventually):
    hosts = alpha, beta, gamma = await agents.cluster(TRUE, TRUE, clock("+0.040"))
    for agent in hosts:  # an upstream each, for only distinct ones are distinct votes
        client = chrony_host.start_client(chrony_host.start_server().as_source())
        agent.start(ON_LOOPBACK, f"sources.chrony={client.commands}")
    for agent in hosts:
        report = await told(agent, is_found_out, TRUTH)
        assert verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}
        is_off = host(report, "gamma")["true_offset_seconds"] - TRUTH["gamma"]
        assert abs(is_off) <= host(report, "gamma")["true_bound_seconds"]

    async def standing():
        return [agent.standing() for agent in hosts]

    await eventually(standing, lambda flags: flags == [HOST_WRONG, HOST_WRONG, {"clock_wrong", "clock_false-claim"}])
    for agent in (alpha, gamma):
        text = agent.command_line("clock", "explain", "gamma")
        told = re.search(r"claims ±\S+ \S+ but the clock is (\S+) ms ahead of true time", text)
        assert float(told[1]) == pytest.approx(40, abs=1000 * CLAIM_S)
    assert beta.standing() == HOST_WRONG


def is_found_out(report):
    hosts = [host(report, name) for name in TRUTH]
    holds = [one.get("claim_holds") for one in hosts]
    if holds != [True, True, False] or [one["verdict"] for one in hosts] != ["ok", "ok", "wrong"]:
        return False
    # A daemon that was asked when nobody got his turn claims less.
    claims = [one["claim"] for one in hosts]
    return all(claim["state"] == "synchronized" and claim["bound_seconds"] < CLAIM_S for claim in claims)
