"""Hosts that answer no probes: they are measured through the routers, less exactly, and the report says so."""

from tests.timekeeper.agents.agent import ON_LOOPBACK, TRUE
from tests.timekeeper.agents.truth import host, verdicts, vias
from timekeeper.probes.prober import BURST

ACCUSED = {"alpha": "ok", "beta": "ok", "gamma": "wrong"}
BY_ROUTER = "measured through the router only, hence the wide bound"
VIAS = ("probe", "router")
TRUTH = {"alpha": 0.0, "beta": 0.0, "gamma": 0.040}


def is_routed(report):
    """Whether gamma is measured by the routers, is said to be, and is known less well than beta, which is probed."""
    is_beta_probed = vias(report, "beta").get("alpha") == "probe"
    by_router = vias(report, "gamma") == {"alpha": "router", "beta": "router"} and is_beta_probed
    return by_router and BY_ROUTER in host(report, "gamma")["reasons"] and is_wide(report)


def is_wide(report):
    bounds_s = {via: [pair["bound_seconds"] for pair in report["pairs"] if pair["via"] == via] for via in VIAS}
    return min(bounds_s["router"]) > max(bounds_s["probe"])


def is_judged(report):
    return verdicts(report) == ACCUSED and is_routed(report)


def is_level(report):
    return verdicts(report) == dict.fromkeys(TRUTH, "ok") and is_routed(report)


async def test_a_host_without_an_agent(agents, clock, told):
    alpha, beta, _ = await agents.cluster(TRUE, TRUE, clock("+0.040"))
    for agent in (alpha, beta):
        agent.start(ON_LOOPBACK)
    for agent in (alpha, beta):
        report = await told(agent, is_judged, TRUTH)
        assert host(report, "gamma")["claim"] is None


async def test_a_host_whose_udp_is_filtered(lab, agents, told):
    hosts = [lab.add_host(name) for name in TRUTH]
    alpha, beta, gamma = hosts
    for left, right in ((alpha, beta), (alpha, gamma), (beta, gamma)):
        lab.link(left, right)
    filter_udp(gamma)
    await lab.start()
    for one in hosts:
        agent = await agents.beside(one.router, command=["ip", "netns", "exec", one.namespace])
        agent.start("auth.mode=none")
    for agent in agents.all:
        await told(agent, is_level, dict.fromkeys(TRUTH, 0.0))
    report = await told(agents.all[2], is_level)
    assert report["local"]["probe_address"] == f"{gamma.address}:4044", "it does answer"


def filter_udp(filtered):
    """Let no UDP in; what is local is looked up after that."""
    filtered.ip("rule", "add", "priority", "100", "lookup", "local")
    filtered.ip("rule", "delete", "priority", "0")
    for device in filtered.neighbors.values():
        filtered.ip("rule", "add", "priority", "10", "iif", device, "ipproto", "udp", "blackhole")


async def test_a_host_with_another_cluster_key(agents, clock, told, tmp_path):
    keys = {}
    for name in ("ours", "theirs"):
        keys[name] = tmp_path / f"{name}.key"
        keys[name].touch(0o600)
        keys[name].write_text(f"the key of the tests, {name}")
    hosts = alpha, beta, gamma = await agents.cluster(TRUE, TRUE, clock("+0.040"))
    for agent in hosts:
        agent.start(ON_LOOPBACK, f"cluster_key_file={keys['theirs' if agent is gamma else 'ours']}")
    for agent in (alpha, beta):
        await told(agent, is_judged, TRUTH)

    def are_refused(report):
        return report["local"]["probes"]["answered"].get("key", 0) >= BURST

    def are_given_up(report):
        return report["local"]["probes"]["asked"].get("gamma")

    # The routers of others may have been asked before gamma's timekeeper ran: it is in no hurry.
    of_gamma = (await told(gamma, are_refused))["local"]["probes"]
    assert of_gamma["answered"].keys() == {"key"}
    of_beta = (await told(beta, are_refused))["local"]["probes"]
    assert of_beta["answered"].keys() == {"ok", "key"}, "those of alpha, and those of gamma"
    of_alpha = (await told(alpha, are_given_up))["local"]["probes"]
    assert of_alpha["asked"]["gamma"].keys() == {"lost"}
