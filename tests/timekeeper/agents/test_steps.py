"""A clock that is set while everybody looks: by 10 ms, within 15 seconds."""

import re

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE, set_clock
from tests.timekeeper.agents.truth import check, host, verdicts

STEP_S = 0.010
IN_TIME_S = 15.0
NARROW_S = 0.001
TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": STEP_S}


async def test_a_step_is_seen_by_its_host_and_by_the_others(agents, clock, told, eventually, tmp_path):
    setting = tmp_path / "faketime"
    setting.write_text("+0")
    hosts = alpha, beta, gamma = await agents.cluster(TRUE, TRUE, TRUE)
    gamma.environment |= clock(file=setting)
    for agent in hosts:
        agent.start(ON_LOOPBACK)
    for agent in hosts:
        await told(agent, is_at_peace, dict.fromkeys(TRUTH, 0.0))
    set_clock(setting, STEP_S)
    await told(alpha, lambda report: host(report, "gamma")["verdict"] == "wrong", deadline_s=IN_TIME_S)
    for agent in (alpha, beta):
        report = await told(agent, is_accused)
        check(report, TRUTH)
    report = await told(gamma, lambda report: report["local"]["steps_total"] == 1)
    assert (await told(alpha, is_accused))["local"]["steps_total"] == 0

    async def logs():
        return [agent.log for agent in hosts]

    heard = await eventually(logs, lambda logs: all("stepped" in log for log in logs))
    for log in heard[:2]:
        [step] = re.findall(r"event=peer_clock_stepped peer=gamma step_s=(\S+)", log)
        assert abs(float(step) - STEP_S) < NARROW_S
    [step] = re.findall(r"event=clock_stepped step_s=(\S+) direction=forward", heard[2])
    assert abs(float(step) - STEP_S) < NARROW_S


def is_at_peace(report):
    return is_probed(report) and verdicts(report) == dict.fromkeys(TRUTH, "ok")


def is_accused(report):
    told = host(report, "gamma")
    is_told = told["verdict"] == "wrong" and told["bound_seconds"] < NARROW_S and not report["contradictions"]
    return is_told and is_probed(report)


def is_probed(report):
    """The clock of its router is not set."""
    return [pair["via"] for pair in report["pairs"]] == ["probe"] * 6
