"""Three real routers with a canary each: what one server learns, and what the leader makes of it for all."""

import contextlib

import pytest

from canary import leadership, service
from canary.evidence import exchange
from communicator.client import Client
from communicator.testing import run_cluster
from tests.canary.running import Desk, crash, run_canary

pytestmark = pytest.mark.slow

BAD = ("billing", "2.0", "b1")
QUICK_D = ("rules.d.mode=enforce", "ambient.elsewhere_s=0", "ambient.around_s=0")


@pytest.fixture
async def cluster(tmp_path):
    """Routers that know each other, and a canary on each."""
    async with run_cluster(3) as routers, contextlib.AsyncExitStack() as canaries:
        for router in routers:
            directory = tmp_path / router.server_name
            directory.mkdir()
            await canaries.enter_async_context(run_canary(router, directory, *QUICK_D))
        yield routers


@pytest.fixture
async def desks(cluster):
    async with contextlib.AsyncExitStack() as clients:
        yield [
            Desk(await clients.enter_async_context(Client(router.unix, f"asker_{at}")))
            for at, router in enumerate(cluster)
        ]


@pytest.fixture
def ask_until(eventually):
    """Has a version die on a router until its answer to the next one is this."""

    async def ask(router, answer):
        await eventually(lambda: crash(router), lambda found: found == answer)

    return ask


async def test_one_leads_and_all_know_it(desks, eventually):
    async def known():
        told = [(await desk.report())["canary"] for desk in desks]
        return {(one["leader"], one["term"]) for one in told}

    [(leader, _)] = await eventually(known, lambda found: len(found) == 1 and all(leader for leader, _ in found))
    assert leader == "alpha"


async def test_what_fails_on_one_server_is_blocked_there_alone(cluster, desks, ask_until, eventually):
    await ask_until(cluster[0], "VERSION_BLOCKED")
    for router in cluster[1:]:
        assert await crash(router) == "READY"

    async def seen_elsewhere():
        rows = (await desks[2].report())["cells"]
        return {row["server"]: row["state"] for row in rows if row["service"] == "billing"}

    await eventually(seen_elsewhere, lambda states: states.get(cluster[0].server_name) == "blocked")


async def test_what_fails_on_two_of_three_is_held_on_all(cluster, desks, ask_until, eventually):
    await ask_until(cluster[0], "VERSION_BLOCKED")
    await ask_until(cluster[1], "VERSION_BLOCKED")
    await ask_until(cluster[2], "VERSION_BLOCKED")

    async def releases():
        return {row["version"]: row["state"] for row in (await desks[0].report())["releases"]}

    assert (await eventually(releases, lambda found: found.get("2.0") == "held"))["2.0"] == "held"


async def test_a_version_that_works_is_left_alone(cluster, desks, eventually):
    async with contextlib.AsyncExitStack() as services:
        for router in cluster:
            await services.enter_async_context(Client(router.unix, "billing", service_version="2.0", build="b1"))

        async def states():
            rows = (await desks[1].report())["cells"]
            return [row["state"] for row in rows if row["service"] == "billing"]

        found = await eventually(states, lambda found: len(found) == 3 and set(found) <= {"proving", "good"})
        assert len(found) == 3


@pytest.fixture
def quick_words(monkeypatch):
    """Canaries speak more often, so that one that is gone is missed within a second."""
    monkeypatch.setattr(exchange, "KEEP_ALIVE_S", 0.2)
    monkeypatch.setattr(leadership, "SILENT_S", 1.5)
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.2)


@pytest.mark.usefixtures("quick_words")
async def test_a_leader_that_was_away_is_believed_when_it_is_back_and_nothing_is_let_go(tmp_path, eventually):
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(3))
        alpha, beta, gamma = routers
        for router in (beta, gamma):
            (tmp_path / router.server_name).mkdir()
            await stack.enter_async_context(run_canary(router, tmp_path / router.server_name, *QUICK_D))
        desk = Desk(await stack.enter_async_context(Client(gamma.unix, "asker")))

        def leader(name):
            return lambda report: report["canary"]["leader"] == name

        first = await eventually(desk.report, leader("beta"))
        (tmp_path / "alpha").mkdir()
        async with run_canary(alpha, tmp_path / "alpha", *QUICK_D):
            second = await eventually(desk.report, leader("alpha"))
            assert second["canary"]["term"] >= first["canary"]["term"]
            await eventually(lambda: crash(alpha), lambda answer: answer == "VERSION_BLOCKED")
            await eventually(lambda: crash(beta), lambda answer: answer == "VERSION_BLOCKED")
            await eventually(lambda: crash(gamma), lambda answer: answer == "VERSION_BLOCKED")
        await eventually(desk.report, leader("beta"))
        assert await crash(gamma) == "VERSION_BLOCKED", "who takes over does not let go"
        async with run_canary(alpha, tmp_path / "alpha", *QUICK_D):
            third = await eventually(
                desk.report,
                lambda report: leader("alpha")(report) and report["canary"]["term"] > second["canary"]["term"],
            )
            assert third["canary"]["denied"] > 0
            assert await crash(gamma) == "VERSION_BLOCKED"
