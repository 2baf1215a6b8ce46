"""One story: hosts, troubles from a seed, and what must hold once all is well again."""

import asyncio
import contextlib
import itertools
import random
import time

from communicator.testing import RouterProcess, run_cluster
from tests.canary.book.live.host import Host
from tests.canary.running import crash

HOSTS = 5
TROUBLES = 18
WAITS_S = (0.0, 0.2, 1.0, 2.0)
GIVE_UP_S = 60.0
VERSIONS = ("1.0", "2.0")
"""Of billing: what orders are about."""
BAD = ("3.0", "3.1")
"""Of mailer: what never works, and what the leader holds once two hosts have seen that."""
HOUR_S = 3_600.0
PLACES = ("open", "expired", "lifted")
NEWCOMER = "newcomer"
LOG_CHARACTERS = 2_000


class Story:
    """The hosts of one story.

    Args:
        seed: From which all follows, but when things are done in real time.
        network: Between them.
        home: A directory.
        library: Of wrong clocks.
        stack: What ends it all.
    """

    def __init__(self, seed, network, home, library, stack):
        self.random = random.Random(seed)
        self.journal = []
        self.began_s = time.monotonic()
        self.hosts = []
        self.given = {}
        """All orders that were given, by identifier."""
        self._network = network
        self._home = home
        self._library = library
        self._stack = stack

    def add(self, router):
        host = Host(router, self._home, self._library, self._stack)
        self.hosts.append(host)
        host.start()

    def note(self, what):
        self.journal.append(f"{time.monotonic() - self.began_s:5.1f} s  {what}")

    # ----- what may happen

    async def trouble(self):
        what = self.random.choice(TROUBLE)
        those = [host for host in self.hosts if host.serves] if what in (Story.give, Story.fail) else []
        host = self.random.choice(those or self.hosts)
        self.note(f"{what.__name__} {host.name}")
        await what(self, host)
        await asyncio.sleep(self.random.choice(WAITS_S))

    async def give(self, host):
        """An operator gives an order; who has heard of it a moment later has it."""
        command = self.random.choice(("block", "block", "allow", "withdraw"))
        more = {} if command == "withdraw" else {"duration": "1h"}
        scope = {"service": "billing", "version": self.random.choice(VERSIONS), "reason": "told so"}
        concerned = await host.order(command, **scope, **more)
        self.given |= dict.fromkeys(concerned)
        await asyncio.sleep(0.3)
        await self.learn()

    async def learn(self):
        await asyncio.gather(*(host.learn(self.given) for host in self.hosts))

    async def fail(self, host):
        """A version that never works is started on a host."""
        version = self.random.choice(BAD)
        for _ in range(4):
            if host.serves:
                await crash(host.router, "mailer", version, "")

    async def stop(self, host):
        """Its canary crashes."""
        host.crash()

    async def start(self, host):
        if not host.is_up:
            host.start()

    async def lose(self, host):
        """It gets a new disk."""
        host.crash()
        host.lose()

    async def put_aside(self, host):
        """Somebody makes a backup of its disk,"""
        host.crash()
        host.put_aside()
        host.start()

    async def restore(self, host):
        """and later puts that back."""
        host.crash()
        host.restore()
        host.start()

    async def fill(self, host):
        host.fill()

    async def make_room(self, host):
        host.make_room()

    async def set_clock(self, host):
        host.set_clock(self.random.choice((0.0, HOUR_S, -HOUR_S)))

    async def divide(self, _host):
        sides = {host.address: self.random.randrange(2) for host in self.hosts}
        left, right = ([address for address, one in sides.items() if one == side] for side in (0, 1))
        self._network.divide(left, right)

    async def heal(self, _host):
        self._network.heal()

    async def unlink(self, host):
        """Its router stops."""
        if host.is_linked:
            await asyncio.to_thread(host.router.stop)

    async def link(self, host):
        if not host.is_linked:
            await asyncio.to_thread(host.router.start)

    async def join(self, _host):
        """A host that nobody knew."""
        if any(host.name == NEWCOMER for host in self.hosts):
            return
        address = f"127.0.0.{HOSTS + 1}:4042"
        settings = {
            "listen.remote": address,
            "cluster.my_address": address,
            "cluster.neighbors": [host.router.remote.removeprefix("cd://") for host in self.hosts],
            "cluster.discover": False,
            "auth.mode": "none",
        }
        self.add(await self._stack.enter_async_context(RouterProcess(NEWCOMER, settings)))

    # ----- what must hold

    async def mend(self):
        """All is repaired."""
        self.note("all is mended")
        self._network.heal()
        for host in self.hosts:
            host.make_room()
            await self.link(host)
            await self.start(host)
        await self.wait_ready()

    async def wait_ready(self):
        """Wait until each canary answers through each router."""
        give_up_s = time.monotonic() + GIVE_UP_S
        while away := await self._away():
            assert time.monotonic() < give_up_s, self.told(f"not all is in reach of {away}")
            await asyncio.sleep(0.1)

    async def _away(self):
        servers = [host.name for host in self.hosts]
        reached = await asyncio.gather(*(host.reaches(servers) for host in self.hosts))
        return [name for name, is_reached in zip(servers, reached, strict=True) if not is_reached]

    async def known(self, host):
        """What it knows of orders and decisions, and what its router lets in; its name while anything is open."""
        told = await host.report()
        if told is None or told["canary"]["proposed"] or told["canary"]["behind"]:
            return host.name
        if not all(one["in_force"] for one in told["overrides"]):
            return host.name
        decided = {one["version"]: one["state"] for one in told["releases"] if one["service"] == "mailer"}
        held = sorted(version for version, state in decided.items() if state == "held")
        answers = [await crash(host.router, "billing", one, "") for one in VERSIONS]
        answers += [await crash(host.router, "mailer", one, "") for one in held]
        return told["canary"]["orders"], tuple(held), tuple(answers)

    async def agree(self):
        """Returns how long it takes until all know and enforce the same, and what that is."""
        began_s = time.monotonic()
        while len(known := set(await asyncio.gather(*map(self.known, self.hosts)))) > 1:
            assert time.monotonic() - began_s < GIVE_UP_S, self.told(f"they do not agree: {known}")
            await asyncio.sleep(0.05)
        [same] = known
        assert isinstance(same, tuple), self.told(f"{same} has not obeyed")
        return time.monotonic() - began_s, same

    async def require_all(self):
        """Nothing that living hosts had is lost, and nothing that was over is back."""
        wanted = {}
        for order_id, place in itertools.chain.from_iterable(host.had.items() for host in self.hosts):
            wanted[order_id] = max(wanted.get(order_id, "open"), place, key=PLACES.index)
        for host in self.hosts:
            held = {one.order: one.place for one in (await host.orders(self.given)).orders}
            for order_id, place in wanted.items():
                assert order_id in held, self.told(f"{order_id} is lost on {host.name}")
                assert PLACES.index(held[order_id]) >= PLACES.index(place), self.told(f"{order_id} is back")
        return len(wanted)

    def told(self, fault):
        logs = [f"log of {host.name}:\n{host.daemon.log[-LOG_CHARACTERS:]}" for host in self.hosts]
        return "\n".join((fault, *self.journal, *logs))


TROUBLE = (
    *(Story.give,) * 7,
    *(Story.fail,) * 4,
    *(Story.start,) * 2,
    *(Story.stop, Story.lose, Story.put_aside, Story.restore, Story.fill, Story.make_room, Story.set_clock),
    *(Story.divide, Story.divide, Story.heal, Story.unlink, Story.link, Story.join),
)


async def play(seed, network, home, library, troubles=TROUBLES):
    """Play one story.

    Returns:
        How long it took until all knew and enforced the same, how many orders of living hosts were found again, and which versions
        the leader held in the end.

    Raises:
        AssertionError: Something does not hold; the text tells the story.
    """
    async with contextlib.AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(HOSTS))
        story = Story(seed, network, home, library, stack)
        for router in routers:
            story.add(router)
        await story.wait_ready()
        for _ in range(troubles):
            await story.trouble()
        await story.learn()
        await story.mend()
        took_s, (_, held, _) = await story.agree()
        return took_s, await story.require_all(), held
