"""Clocks that are off by a known amount: what is told of them is right within its bound, and so are the verdicts."""

import pytest

from tests.timekeeper.agents.agent import TRUE
from tests.timekeeper.agents.truth import host, verdicts

TRUTH = {"alpha": 0.0, "beta": -0.002, "gamma": 0.350}
NARROW_S = 0.001


@pytest.mark.parametrize("stamps", ["true", "false"])
async def test_offsets_are_right_within_their_bounds(agents, clock, told, eventually, stamps):
    hosts = await agents.run(TRUE, clock("-0.002"), clock("+0.350"), settings=[f"kernel_timestamps={stamps}"])
    for agent in hosts:
        report = await told(agent, is_judged, TRUTH)
        assert report["has_majority"]
        assert report["contradictions"] == []
        assert host(report, "gamma")["critical"]

    async def standing():
        return [agent.standing() for agent in hosts]

    await eventually(standing, lambda flags: flags == [set(), set(), {"clock_wrong"}])


def is_judged(report):
    pairs = report["pairs"]
    is_measured = len(pairs) == 3 and all(pair["via"] == "probe" and pair["bound_seconds"] < NARROW_S for pair in pairs)
    return is_measured and verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}
