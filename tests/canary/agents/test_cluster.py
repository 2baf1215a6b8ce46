"""Three hosts: what crashes on one of them, what crashes on all, and what crashes nowhere."""

import asyncio

import pytest

from canary.records import CellMoved, VersionJudged
from communicator.protocol import Message
from communicator.testing import run_cluster
from tests.canary.agents.daemon import is_state

BLOCKED = "canary/version/blocked"
NAMES = ("alpha", "beta", "gamma")
ENFORCED = ("rules.d.mode=enforce", "rules.a.first_block_s=600", "ambient.elsewhere_s=0", "ambient.around_s=0")
WITH_CAPS = ("caps.min_routable=1", "caps.routable_share=0.5")


@pytest.fixture
async def cluster():
    """Routers that know each other."""
    async with run_cluster(3) as routers:
        yield routers


@pytest.fixture
async def begin(cluster, make_host, eventually):
    """Starts a canary on each host, and once the first leads, a service that does there what its plan says."""

    def is_led(report):
        return report is not None and report["canary"]["leader"] == NAMES[0]

    async def begin(plans, *assignments):
        hosts = [await make_host(router) for router in cluster]
        for host in hosts:
            host.daemon.start(*ENFORCED, *assignments)
        for host in hosts:
            await eventually(host.questions.report, is_led)
        for host, plan in zip(hosts, plans, strict=True):
            await host.supervise("billing", plan)
        return hosts

    return begin


async def test_what_crashes_on_one_host_is_blocked_there_alone(begin, eventually):
    hosts = await begin(["exit 1", "run", "run"], *WITH_CAPS)
    for host in hosts:
        await eventually(host.questions.cells, lambda cells: is_state("blocked")(cells.get("alpha")))
        cells = await eventually(host.questions.cells, lambda cells: set(cells) == set(NAMES))
        assert all(is_state("observing", "proving", "good")(cells[name]) for name in NAMES[1:])
        await eventually(host.questions.report, lambda report: report is not None and report["canary"]["denied"])
    answers = {await ask(hosts[0].client) for _ in range(6)}
    assert answers <= {"beta", "gamma"}, "others take its messages"
    await eventually(hosts[0].daemon.standing, lambda found: set(found) == {BLOCKED})
    await stop(hosts)
    for host in hosts[1:]:
        assert BLOCKED not in await host.daemon.standing(), "flags speak of their own host"
    assert not [entry for host in hosts for entry in host.daemon.records(VersionJudged)]


async def test_what_crashes_on_all_hosts_is_held_in_the_cluster(begin, eventually):
    hosts = await begin(["exit 1"] * 3, "rules.a.failures=3", "rules.a.span_s=0")

    async def held():
        report = await hosts[0].questions.report()
        return [] if report is None else [row for row in report["releases"] if row["state"] == "held"]

    (release,) = await eventually(held, bool)
    assert (release["service"], release["version"]) == ("billing", "2.0")
    assert release["reason"].startswith("never worked on ")
    for host in hosts:
        await eventually(host.questions.report, lambda report: report is not None and report["canary"]["denied"])
    await stop(hosts)
    judged = [
        [(entry.record.state, entry.record.leader) for entry in host.daemon.records(VersionJudged)] for host in hosts
    ]
    assert judged == [[("held", "alpha")]] * 3, "by the leader alone, and known to all"


async def test_what_crashes_nowhere_is_left_alone(begin, eventually):
    hosts = await begin(["run"] * 3, *WITH_CAPS)
    for host in hosts:
        await eventually(host.questions.cells, lambda cells: len(cells) == 3 and all(map(has_passed, cells.values())))
        report = await host.report()
        assert (report["verdicts_total"], report["canary"]["denied"]) == ([], 0)
        assert await host.daemon.standing() == {}
    assert [await ask(host.client) for host in hosts] == list(NAMES), "each is answered by its own"
    await stop(hosts)
    moves = {entry.record.new for host in hosts for entry in host.daemon.records(CellMoved)}
    assert not {"blocked", "suspect"} & moves


async def stop(hosts):
    for host in hosts:
        assert await asyncio.to_thread(host.daemon.stop) == 0


async def ask(client):
    """Which server answers a message to the service."""
    return (await client.request(Message("PING", service="billing"), "PONG")).sent_from_server


def has_passed(cell):
    return is_state("proving", "good")(cell) and cell["passed"] == 1
