"""Two hosts against two: nobody is accused, and external servers only tell who is right."""

import json

import pytest

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import verdicts

TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": 0.040, "delta": 0.040}
CAMPS = {frozenset({"alpha", "beta"}), frozenset({"gamma", "delta"})}
SOON_S = 60.0


@pytest.mark.takes(40)
async def test_nobody_is_accused_where_two_stand_against_two(agents, clock, told, eventually):
    hosts = await agents.run(TRUE, TRUE, clock("+0.040"), clock("+0.040"))
    for agent in hosts:
        report = await told(agent, is_divided, TRUTH)
        assert not report["has_majority"]

    async def standing():
        return [agent.standing() for agent in hosts]

    await eventually(standing, lambda flags: flags == [{"cluster_no-majority"}] * 4)
    patience_is_over = (await told(hosts[-1], is_divided))["local"]["seq"] + 4
    await told(hosts[-1], lambda report: report["local"]["seq"] > patience_is_over and is_divided(report), TRUTH)
    assert not any("verdict=wrong" in agent.log for agent in hosts)


async def test_external_servers_tell_who_is_right_of_two_camps_and_accuse_nobody(
    agents, clock, chrony_host, told, eventually, answered
):
    servers = [chrony_host.start_server() for _ in range(2)]
    for server in servers:
        await eventually(server.read, answered)
    references = f"references.servers={json.dumps([str(server.ntp) for server in servers])}"
    hosts = alpha, _, gamma, _ = await agents.cluster(TRUE, TRUE, clock("+0.040"), clock("+0.040"))
    for agent in hosts:
        agent.start(ON_LOOPBACK, *([references] if agent in (alpha, gamma) else []))
    for agent in (alpha, gamma):  # one on either side
        report = await told(agent, lambda one: is_told(one) and is_divided(one), TRUTH, SOON_S)
        assert {name: len(heard["agreeing"]) for name, heard in report["references_by_host"].items()} == {
            "alpha": 2,
            "gamma": 2,
        }

    async def standing():
        return [agent.standing() for agent in (alpha, gamma)]

    await eventually(standing, lambda flags: flags == [{"cluster_no-majority"}] * 2)


def is_divided(report):
    camps = {frozenset(camp["hosts"]) for camp in report["camps"]}
    return verdicts(report) == dict.fromkeys(TRUTH, "no_majority") and camps == CAMPS


def is_told(report):
    return "by the external servers of alpha, gamma true time is that of alpha, beta" in report["reasons"]
