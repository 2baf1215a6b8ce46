"""Clocks that are off by a known amount: what is told of them is right within its bound, and so are the verdicts."""

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import host, verdicts

TRUTH = {"alpha": 0.0, "beta": -0.002, "gamma": 0.350}
NARROW_S = 0.001


async def test_offsets_are_right_within_their_bounds(agents, clock, told, eventually):
    """Between hosts that both have the stamps of the kernel, and with one that has not."""
    hosts = await agents.cluster(TRUE, clock("-0.002"), clock("+0.350"))
    for agent in hosts:
        agent.start(ON_LOOPBACK, f"kernel_timestamps={str(agent is not hosts[-1]).lower()}")
    for agent in hosts:
        report = await told(agent, is_judged, TRUTH)
        assert report["has_majority"]
        assert report["contradictions"] == []
        assert host(report, "gamma")["critical"]

    async def standing():
        return [agent.standing() for agent in hosts]

    await eventually(standing, lambda flags: flags == [{"cluster_host-wrong"}, {"cluster_host-wrong"}, {"clock_wrong"}])


def is_judged(report):
    pairs = report["pairs"]
    is_measured = len(pairs) == 6 and all(pair["via"] == "probe" and pair["bound_seconds"] < NARROW_S for pair in pairs)
    return is_measured and verdicts(report) == {"alpha": "ok", "beta": "ok", "gamma": "wrong"}


async def test_offsets_over_ipv6(agents, clock, told):
    """The same by probes to `[::1]`, as they are told in brackets."""
    hosts = await agents.cluster(TRUE, clock("+0.350"))
    for agent in hosts:
        agent.start("probe_listen=[::1]:0")
    for agent in hosts:
        report = await told(agent, is_measured_by_probes, {"alpha": 0.0, "beta": 0.350})
        assert report["local"]["probe_address"].startswith("[::1]:")


def is_measured_by_probes(report):
    pairs = report["pairs"]
    return len(pairs) == 2 and all(pair["via"] == "probe" and pair["bound_seconds"] < NARROW_S for pair in pairs)
