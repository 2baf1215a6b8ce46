"""A feature goes dark: in a minority, without a leader, on a host whose disk is full, and while files of flags are read again."""

import asyncio
import contextlib
import json
import time
from functools import partial

from communicator.client import Client, Service
from communicator.errors import ClientError
from communicator.openfeature import BellwetherProvider
from communicator.testing import run_cluster
from tests.canary.book.live.host import Host
from tests.canary.feature.shop import FLAG
from tests.canary.running import Desk

HOSTS = 5
FEATURE = "new-checkout"
AT_ONCE_S = 5.0
"""On a machine that does much else; how long it takes is told."""
GIVE_UP_S = 60.0
FILES_S = 12.0
"""After so long a host that is cut off takes what its files say."""


class Shop:
    """A service that evaluates the feature; its router may be away."""

    def __init__(self, host, name):
        self.host = host
        self.service = Service(host.router.unix, name)
        self.provider = BellwetherProvider(self.service)

    def is_on(self):
        """What it evaluates; None: the default of its code."""
        try:
            return self.provider.resolve_boolean_details(FEATURE, default_value=False).value
        except Exception:  # noqa: BLE001 - the SDK makes the default of any
            return None


class Dark:
    """Five hosts that have the same file of flags.

    Args:
        network: Between them.
    """

    def __init__(self, network):
        self.network = network
        self.hosts = []
        self.shops = []

    async def begin(self, home, library, stack):
        routers = await stack.enter_async_context(run_cluster(HOSTS))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        for router in routers:
            host = Host(router, home, library, stack)
            self.hosts.append(host)
            self.write(host, FLAG)
            host.start()
            self.shops.append(self.open(host, group, stack))
        await self.wait(lambda: all(shop.is_on() for shop in self.shops), GIVE_UP_S, "not all hosts read their files")

    def open(self, host, group, stack, name="shop"):
        """Start a service there."""
        shop = Shop(host, name)
        group.create_task(shop.service.run())
        stack.callback(shop.service.stop)
        return shop

    def write(self, host, flag):
        """Put a file of flags there, and have all files read again."""
        folder = host.daemon.home / "features.d"
        folder.mkdir(exist_ok=True)
        (folder / "shop.json").write_text(json.dumps({"flags": {FEATURE: flag}}))
        if host.is_up:
            host.daemon.hang_up()

    async def wait(self, is_so, within_s, fault):
        """Wait for something; returns how long it took."""
        began_s = time.monotonic()
        while not is_so():
            assert time.monotonic() - began_s < within_s, self.told(fault)
            await asyncio.sleep(0.005)
        return time.monotonic() - began_s

    async def leader(self):
        """The server that leads."""
        give_up_s = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up_s:
            told = {(await host.report() or {"canary": {}})["canary"].get("leader") for host in self.hosts}
            if len(told) == 1 and all(told):
                return told.pop()
            await asyncio.sleep(0.1)
        raise AssertionError(self.told("nobody leads"))

    def told(self, fault):
        seen = {shop.host.name: shop.is_on() for shop in self.shops}
        logs = [f"log of {host.name}:\n{host.daemon.log[-2_000:]}" for host in self.hosts]
        return "\n".join((fault, repr(seen), *logs))


async def play(network, home, library):
    """Play it.

    Returns:
        How long it took from `off` to the last evaluation in the minority, and on all others once they were in reach.

    Raises:
        AssertionError: Something does not hold.
    """
    async with contextlib.AsyncExitStack() as stack:
        dark = Dark(network)
        await dark.begin(home, library, stack)
        leader = await dark.leader()
        near = [shop for shop in dark.shops if shop.host.name != leader][:2]
        far = [shop for shop in dark.shops if shop not in near]
        giver = near[0].host
        lost = next(host for host in dark.hosts if host.name == leader)
        network.divide(*([shop.host.address for shop in side] for side in (near, far)))
        lost.crash()
        giver.fill()
        desk = Desk(await stack.enter_async_context(Client(giver.router.unix, "desk")))
        reply, off_s = await asyncio.gather(
            desk.ask_order("feature-off", feature=FEATURE, reason="it loses carts"),
            dark.wait(lambda: not any(shop.is_on() for shop in near), AT_ONCE_S, "it is on in the minority"),
        )
        assert json.loads(reply.get("result"))["not_kept"], dark.told("the disk was not full")
        assert all(shop.is_on() for shop in far), dark.told("the network was not divided")
        await deploy(dark, near)
        await join_late(dark, near[1].host, stack)
        network.heal()
        lost.start()
        reached_s = await dark.wait(
            lambda: not any(shop.is_on() for shop in dark.shops), GIVE_UP_S, "it is on where it can be heard of"
        )
        giver.crash()
        giver.start()
        await wait_answer(dark, giver)
        assert not any(shop.is_on() for shop in dark.shops), dark.told("it came back")
        return off_s, reached_s


async def deploy(dark, near):
    """A configuration run puts another file on every host right after."""
    for host in dark.hosts:
        dark.write(host, {**FLAG, "metadata": {**FLAG["metadata"], "run": 2}})
    began_s = time.monotonic()
    while time.monotonic() < began_s + FILES_S:
        assert not any(shop.is_on() for shop in near), dark.told("files have switched it on")
        await asyncio.sleep(0.01)
    for shop in near:
        flag = json.loads(shop.provider._store.evaluator.definition(FEATURE))
        assert flag["metadata"]["run"] == 2, dark.told("files were not read again")


async def join_late(dark, host, stack):
    """A service that starts while nothing is there has the default of its code, and then what is in force."""
    host.crash()
    await asyncio.to_thread(host.router.stop)
    group = await stack.enter_async_context(asyncio.TaskGroup())
    shop = dark.open(host, group, stack, "early")
    assert shop.is_on() is None
    await asyncio.to_thread(host.router.start)
    host.start()
    await dark.wait(partial(has_flags, shop), GIVE_UP_S, "a service that was there first has no flags")
    assert shop.is_on() is False, dark.told("a service that was there first has it on")
    dark.shops.append(shop)


def has_flags(shop):
    return shop.is_on() is not None


async def wait_answer(dark, host):
    """Wait until its canary is there again, and knows what the others know."""
    give_up_s = time.monotonic() + GIVE_UP_S
    while True:
        with contextlib.suppress(ClientError):
            rows = await host.ask(lambda client: Desk(client).report(view="features"))
            if rows is not None and rows["off"] == 1:
                return
        assert time.monotonic() < give_up_s, dark.told("a canary that was started again does not know that it is off")
        await asyncio.sleep(0.1)
