"""Plays cases one after the other on the same hosts: who asks, without a shadow and with it, and what became of it."""

import asyncio
import contextlib
import time

from communicator.protocol import Message
from communicator.router.cores.sampling import LENGTH_MESSAGES
from tests.cluster.shadows.found import Found, Talked
from tests.cluster.shadows.host import SERVICE
from tests.cluster.shadows.traffic import Asker, Peer

ROUNDS = 2
"""Conversations of each asker while there is a shadow; each ends by its length."""
PING_EVERY_S = 0.2
WITHIN_S = 180.0
"""Of all that is waited for: the longest are copies that wait for a slow link, and replies that may come late."""
LOOK_S = 0.5
LOG_CHARACTERS = 3_000


class Play:
    """Hosts on which cases are played.

    Args:
        primary: The host of the primary, which leads as well.
        shadow: That of the shadow.
        pace: How many ask, and how often.
    """

    def __init__(self, primary, shadow, pace):
        self._primary, self._shadow, self._pace = primary, shadow, pace
        self._hosts = {host.name: host for host in (primary, shadow)}

    async def ready(self):
        """The primary is there, each canary knows all hosts, and that of the primary leads."""
        names = sorted(self._hosts)
        await self._until("the primary", self._primary.version, lambda version: version == "1.0")
        for host in self._hosts.values():
            await self._until(f"{host.name} knows all", host.members, lambda told: sorted(told) == names)
        await self._until("the leader", self._primary.deployments, lambda told: told.leader == self._primary.name)

    async def play(self, case):
        """One of them."""
        async with contextlib.AsyncExitStack() as stack:
            askers = [Asker(f"asker_{number}", SERVICE) for number in range(self._pace.askers)]
            pinger = Asker("pinger", f"{self._shadow.name}:echo", "PING", "PONG", text="", by="")
            listeners = [Peer(f"listener_{name}", "SHOUTED") for name in self._hosts]
            await stack.enter_async_context(Peer("echo", "PING").join(self._shadow.router))
            for peer, host in zip(listeners, self._hosts.values(), strict=True):
                await stack.enter_async_context(peer.join(host.router))
            for peer in (*askers, pinger):
                await stack.enter_async_context(peer.join(self._primary.router))
            await self._until("it is known", self._reaches_echo, bool)
            found = Found(case, self._pace.askers * ROUNDS)
            found.off = await self._talk(askers, pinger, 1)
            found.look(None, self._resident())
            taken = await self._deploy(case)
            async with self._looking(case, found):
                found.on = await self._talk(askers, pinger, ROUNDS)
                await self._learn(case, found)
            await self._primary.tell("abort", deployment=taken.id)
            await self._until("it is stopped", self._shadow.statistics, lambda told: not told.fences)
            for asker in (*askers, pinger):
                asker.require_each_once()
            assert all(not listener.heard for listener in listeners)
        return found

    async def _deploy(self, case):
        shadow = {"server": self._shadow.name, "share": "100%", "bake": "1h", "ignore": ["ANSWER.by"]}
        taken = await self._primary.deploy(case.version, strategy="shadow", on_failure="pause", shadow=shadow)
        await self._until("copies", lambda: self._primary.mirror(case.version), lambda told: told.state == "copying")
        return taken

    async def _talk(self, askers, pinger, rounds):
        began_s, number = self._primary.cpu_s, rounds * LENGTH_MESSAGES
        pings = int(number * self._pace.every_s / PING_EVERY_S)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(asker.ask(number, self._pace.every_s)) for asker in askers]
            pinging = group.create_task(pinger.ask(pings, PING_EVERY_S))
        took_s = [each_s for task in asking for each_s in task.result()]
        return Talked(took_s, pinging.result(), self._primary.cpu_s - began_s)

    async def _learn(self, case, found):
        """Wait until all that is to become of the conversations has."""
        found.mirror = await self._until(
            "the end of all conversations",
            lambda: self._primary.mirror(case.version),
            lambda told: sum(told.conversations_total.values()) >= found.conversations,
        )
        whole = found.mirror.conversations_total.get("whole", 0)
        found.comparison = await self._until(
            "the comparison", lambda: self._primary.comparison(case.version), lambda told: told.conversations >= whole
        )
        told = await self._shadow.statistics()
        found.discarded = sum(one.discarded_total for one in told.fences if one.version == case.version)

    @contextlib.asynccontextmanager
    async def _looking(self, case, found):
        async def look():
            while True:
                found.look(await self._primary.mirror(case.version), self._resident())
                await asyncio.sleep(LOOK_S)

        looking = asyncio.get_running_loop().create_task(look())
        yield
        looking.cancel()

    async def _reaches_echo(self):
        ping = Message("PING", {"n": "0"}, server=self._shadow.name, service="echo")
        return await self._primary.ask(lambda client: client.request(ping, "PONG"))

    def _told(self, fault):
        logs = [f"canary of {host.name}:\n{host.daemon.log[-LOG_CHARACTERS:]}" for host in self._hosts.values()]
        return "\n".join((fault, *logs))

    def _resident(self):
        return {name: host.resident_bytes for name, host in self._hosts.items()}

    async def _until(self, what, ask, is_good):
        """Ask until the answer is one to be content with; None is none."""
        give_up_s = time.monotonic() + WITHIN_S
        while (answer := await ask()) is None or not is_good(answer):
            assert time.monotonic() < give_up_s, self._told(
                f"{what}: still {answer!r}, {await self._primary.deployments()}"
            )
            await asyncio.sleep(LOOK_S)
        return answer
