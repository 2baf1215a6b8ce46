"""A timekeeper that is killed: its host is measured through the routers from then on, and accused of nothing by that."""

import pytest

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE, set_clock
from tests.timekeeper.agents.truth import host, verdicts, vias

NAMES = ("alpha", "beta", "gamma")
LEVEL = dict.fromkeys(NAMES, 0.0)
STEP_S = 0.2
SOON_S = 40.0
FIRST, LAST = "alpha", "gamma"


@pytest.mark.parametrize("victim", [FIRST, LAST])
async def test_a_killed_timekeeper(agents, clock, told, tmp_path, victim):
    setting = tmp_path / "faketime"
    setting.write_text("+0")
    clocks = [clock(file=setting, lazy=True) if name == victim else TRUE for name in NAMES]
    hosts = await agents.cluster(*clocks)
    for agent in hosts:
        agent.start(ON_LOOPBACK)
    killed = hosts[NAMES.index(victim)]
    others = [agent for agent in hosts if agent is not killed]
    for agent in hosts:
        await told(agent, is_at_peace, LEVEL)
    killed.kill()
    names = {agent.name for agent in others}

    def is_routed(report):
        by_router = {name for name, via in vias(report, victim).items() if via == "router"}
        is_told = any("through the router" in reason for reason in host(report, victim)["reasons"])
        return by_router == names and is_told and verdicts(report) == dict.fromkeys(NAMES, "ok")

    for agent in others:
        await told(agent, is_routed, LEVEL, SOON_S)
    set_clock(setting, STEP_S)
    for agent in others:
        report = await told(agent, lambda report: verdicts(report) == dict.fromkeys(NAMES, "ok") | {victim: "wrong"})
        off_s = host(report, victim)["offset_seconds"] - STEP_S
        assert abs(off_s) <= host(report, victim)["bound_seconds"]
    assert all(agent.log.count("verdict=wrong") == 1 for agent in others)


def is_at_peace(report):
    return len(report["pairs"]) == 6 and verdicts(report) == dict.fromkeys(NAMES, "ok")
