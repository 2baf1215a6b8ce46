"""An off in a cluster of real routers: at once where it is given, on all others when they are reached, whatever else is slow."""

import asyncio
import contextlib
import json
import shutil

import pytest

from canary.feature.tally import DAY_S
from canary.ledger.store import Ledger
from canary.ledger_views import ASKED
from communicator.client import Client
from communicator.client.dispatcher import HANDLERS
from communicator.errors import MessageRefusedError
from communicator.testing import run_cluster
from tests.canary.feature.shop import FLAG, canary_message, is_off, running_shop, set_flag
from tests.canary.ledger.records_made import runs
from tests.canary.running import Desk, keep_from_disk, run_canary

pytestmark = pytest.mark.slow

OFF = {"feature": "new-checkout", "reason": "it loses carts"}
LEDGER_ENTRIES = 150_000


class Host:
    """A router, its canary, a service that goes by flags, and an operator."""

    def __init__(self, router, directory):
        self.router = router
        self.directory = directory / router.server_name
        self.directory.mkdir()

    @contextlib.asynccontextmanager
    async def running(self):
        async with (
            run_canary(self.router, self.directory) as self.canary,
            running_shop(self.router) as self.shop,
            Client(self.router.unix, "asker") as client,
        ):
            self.desk = Desk(client)
            yield self

    async def sees(self, is_wanted):
        await self.shop.wait_for(lambda flags: is_wanted(flags.get("new-checkout")))


@pytest.fixture
async def hosts(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(3))
        yield [await stack.enter_async_context(Host(router, tmp_path).running()) for router in routers]


async def test_what_is_ordered_on_one_host_reaches_the_services_of_all(hosts):
    alpha, beta, gamma = hosts
    await set_flag(alpha.desk)
    for host in hosts:
        await host.sees(lambda flag: flag == FLAG)
    assert (await beta.desk.order("feature-off", **OFF))[0] == "done"
    for host in hosts:
        await host.sees(is_off)
    assert await gamma.desk.order("feature-on", feature="new-checkout", reason="mended") == ("done", "")
    for host in hosts:
        await host.sees(lambda flag: flag == FLAG)


async def test_a_flag_that_is_evaluated_on_another_host_is_known_to_be(hosts, eventually):
    alpha, beta, _gamma = hosts
    await set_flag(alpha.desk)
    await beta.sees(lambda flag: flag == FLAG)
    counts = json.dumps({"evaluations": [["new-checkout", "on", "STATIC", 7]]})
    await beta.shop.service.send(canary_message("FEATURE_EVALUATIONS", counts=counts))

    async def evaluated():
        await alpha.canary._features._elsewhere.ask()
        row = (await alpha.desk.report(view="features"))["features"][0]
        return row["evaluated_ago_s"], row["evaluations"]

    told, here = await eventually(evaluated, lambda found: found[0] is not None)
    assert (told < DAY_S, here) == (True, [])


async def test_of_an_off_and_an_on_at_the_same_time_the_off_wins(hosts, eventually):
    alpha, beta, _gamma = hosts
    await set_flag(alpha.desk)
    await alpha.desk.order("feature-off", **OFF)
    for host in hosts:
        await host.sees(is_off)
    await asyncio.gather(
        alpha.desk.order("feature-on", feature="new-checkout", reason="mended"),
        beta.desk.order("feature-off", feature="new-checkout", reason="not yet"),
    )

    async def standing():
        told = [(await host.desk.report(view="features"))["features"][0]["offs"] for host in hosts]
        return [[off["reason"] for off in offs] for offs in told]

    await eventually(standing, lambda told: told == [["not yet"]] * 3)
    for host in hosts:
        await host.sees(is_off)


async def test_a_minority_without_a_leader_switches_off_and_the_others_hear_of_it_when_they_are_back(hosts):
    alpha, beta, gamma = hosts
    await set_flag(alpha.desk)
    for host in hosts:
        await host.sees(lambda flag: flag == FLAG)
    for host in (beta, gamma):
        await asyncio.to_thread(host.router.stop)
    assert (await alpha.desk.order("feature-off", **OFF))[0] == "done"
    await alpha.sees(is_off)
    for host in (beta, gamma):
        await asyncio.to_thread(host.router.start)
    for host in (beta, gamma):
        await host.shop.service.wait_ready()
        await host.sees(is_off)


async def test_a_canary_that_was_down_has_its_services_dark_once_it_is_back(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(2))
        alpha, beta = (Host(router, tmp_path) for router in routers)
        await stack.enter_async_context(alpha.running())
        async with beta.running():
            await set_flag(alpha.desk)
            await beta.sees(lambda flag: flag == FLAG)
        await alpha.desk.order("feature-off", **OFF)
        async with beta.running():
            await beta.sees(is_off)


async def test_a_canary_that_has_heard_of_no_other_does_not_tell_services_that_there_are_no_flags(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        _alpha, router = await stack.enter_async_context(run_cluster(2))
        beta = await stack.enter_async_context(Host(router, tmp_path).running())
        with pytest.raises(MessageRefusedError, match="does not know the flags yet"):
            await beta.shop.fetch()


@pytest.fixture(scope="module")
def large_ledger(tmp_path_factory):
    """The folder of a ledger with so many entries; it takes a while to write."""
    home = tmp_path_factory.mktemp("ledger")

    async def fill():
        with Ledger.open(home / "canary.db") as ledger:
            for first in range(0, LEDGER_ENTRIES, 10_000):
                await ledger.append(runs(10_000, first))

    asyncio.run(fill())
    return home


@pytest.fixture
async def busy(tmp_path, large_ledger):
    """A host whose ledger is large."""
    async with contextlib.AsyncExitStack() as stack:
        (router,) = await stack.enter_async_context(run_cluster(1))
        host = Host(router, tmp_path)
        shutil.copytree(large_ledger, host.directory, dirs_exist_ok=True)
        yield await stack.enter_async_context(host.running())


async def answered(client, question):
    try:
        return await Desk(client).report(**question)
    except MessageRefusedError as error:
        return error.reason


@pytest.mark.takes(8, together="a large ledger")
@pytest.mark.parametrize("is_full", [False, True], ids=["room", "full disk"])
async def test_an_off_does_not_wait_while_a_large_ledger_is_verified_and_read(busy, is_full):
    await set_flag(busy.desk)
    await busy.sees(lambda flag: flag == FLAG)
    if is_full:
        keep_from_disk(busy.directory)
    questions = [{"view": "verify"}, *[{"view": "history", "service": f"s{number}"} for number in range(HANDLERS)]]
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(Client(busy.router.unix, f"reader{n}")) for n in range(len(questions))
        ]
        group = await stack.enter_async_context(asyncio.TaskGroup())
        asked = [
            group.create_task(answered(client, question)) for client, question in zip(clients, questions, strict=True)
        ]
        await asyncio.sleep(0)
        await busy.desk.report(view="orders")
        reply = await busy.desk.ask_order("feature-off", **OFF)
        await busy.sees(is_off)
        assert not asked[0].done(), "the ledger was verified before the flag was off"
        told = await asyncio.gather(*asked)
    assert reply.get("status") == "done"
    assert bool(json.loads(reply.get("result"))["not_kept"]) == is_full
    assert told[0]["entries"] >= LEDGER_ENTRIES
    assert {one for one in told if isinstance(one, str)} == {
        f"{ASKED} questions about the ledger are being answered; ask again in a while"
    }
