"""Two hosts against two: nobody is accused, until external servers tell who is right."""

import json

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import host, verdicts

TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": 0.040, "delta": 0.040}
CAMPS = {frozenset({"alpha", "beta"}), frozenset({"gamma", "delta"})}
SOON_S = 60.0


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


async def test_external_servers_decide_between_two_camps(agents, clock, chrony_host, told, eventually, answered):
    servers = [chrony_host.start_server() for _ in range(2)]
    for server in servers:
        await eventually(server.read, answered)
    references = f"references.servers={json.dumps([str(server.ntp) for server in servers])}"
    hosts = alpha, _, gamma, _ = await agents.cluster(TRUE, TRUE, clock("+0.040"), clock("+0.040"))
    for agent in hosts:
        agent.start(ON_LOOPBACK, *([references] if agent in (alpha, gamma) else []))
    for agent in (alpha, gamma):  # one on either side
        report = await told(agent, is_decided, TRUTH, SOON_S)
        assert host(report, "gamma")["compared_with"] == "true time"
        assert len(report["references"]["agreeing"]) == 2
        assert not report["has_majority"]

    async def standing():
        return [agent.standing() for agent in (alpha, gamma)]

    await eventually(standing, lambda flags: ["clock_wrong" in each for each in flags] == [False, True])


def is_divided(report):
    camps = {frozenset(camp["hosts"]) for camp in report["camps"]}
    return verdicts(report) == dict.fromkeys(TRUTH, "no_majority") and camps == CAMPS


def is_decided(report):
    """A single answer of a server that took long on a busy machine proves of nobody that he is right within 5 ms."""
    told = verdicts(report)
    return told.keys() == TRUTH.keys() and {name for name in told if told[name] == "wrong"} == {"gamma", "delta"}
