"""A way that is longer there than back, and loses packets: nobody can see that, and so the bound has to hold it."""

import pytest

TRUTH = {"a": 0.0, "b": 0.0}
THERE_S, BACK_S = 0.002, 0.010
LOSS = 0.2
ROUNDS = 8


async def test_the_bound_holds_what_cannot_be_seen(lab, agents, told):
    hosts = lab.line("ab", delays_s=(THERE_S, BACK_S), loss=LOSS, seed=5)
    await lab.start()
    for one in hosts:
        agent = await agents.beside(one.router, command=["ip", "netns", "exec", one.namespace])
        agent.start("auth.mode=none")
    for agent in agents.all:
        report = await told(agent, has_looked_long_enough, TRUTH)
        pair = by_probe(report)
        asymmetry_s = THERE_S - BACK_S if pair["from"] == "a" else BACK_S - THERE_S
        assert pair["offset_seconds"] == pytest.approx(asymmetry_s / 2, abs=0.002), "half of the asymmetry"
        assert pair["bound_seconds"] >= abs(pair["offset_seconds"])
        assert "verdict=wrong" not in agent.log
    [wire] = lab.wires
    assert wire.lost / (wire.lost + wire.carried) == pytest.approx(LOSS, abs=0.1)


def by_probe(report):
    return next((pair for pair in report["pairs"] if pair["via"] == "probe"), None)


def has_looked_long_enough(report):
    """Until some have passed as quickly as the way allows, on a machine that is busy with other tests too."""
    pair = by_probe(report)
    if report["local"]["seq"] < ROUNDS or pair is None:
        return False
    return pair["bound_seconds"] == pytest.approx((THERE_S + BACK_S) / 2, abs=0.002)
