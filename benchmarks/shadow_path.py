"""A primary's messages in one process, with a shadow in each state: processor time from a read to the write."""

import asyncio
import itertools
import socket
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from benchmarks.shadow_far import READ_BYTES, STATES, TEXT, Ends, Far, policy_line
from communicator.daemon.dispatcher import Dispatcher
from communicator.daemon.link import Link
from communicator.daemon.settings import LimitsSettings
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import ClusterConfig

SHARES = (0.01, 1.0)
SENDERS = 20
USER = events.User(0, "root", frozenset({"root"}), pid=1)
SETTLE_S = 0.1
"""What was put off in one half is done before the next."""
AT_ONCE = (1, SENDERS)
"""Messages that come in one turn of the loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPlan:
    """What is done."""

    alternations: int = 20
    messages: int = 1_500
    """In each half of an alternation."""


@dataclass(slots=True)
class PathCost:
    """From the read to the write of a message, in microseconds, for one share and state of the shadow."""

    state: str
    share: float
    at_once: int
    """Messages that came in one turn of the loop: of one alone, what is done about copies between two has cooled all caches."""
    off_us: list[float] = field(default_factory=list)
    """Of each half without copies;"""
    on_us: list[float] = field(default_factory=list)
    """and with."""

    @property
    def ratio(self) -> float:
        """With copies and without: the median of neighbors."""
        return statistics.median(on / off for on, off in zip(self.on_us, self.off_us, strict=True))


class _TimedLink(Link):
    """Adds up the processor time of its reads, and of what is done about them at once."""

    __slots__ = ("_begun_ns", "spent_ns")

    def get_buffer(self, sizehint: int) -> memoryview:
        """The loop is about to read."""
        self._begun_ns = time.thread_time_ns()
        return super().get_buffer(sizehint)

    def buffer_updated(self, size: int) -> None:
        """The loop has read."""
        super().buffer_updated(size)
        self.spent_ns += time.thread_time_ns() - self._begun_ns


class _Nobody:
    """Surroundings of a router that asks for nothing."""

    def identify(self, _link: Link) -> events.User:
        return USER

    def check_password(self, _effect: effects.CheckCredential, done: object) -> None:
        raise NotImplementedError

    def measure(self, link: Link) -> events.Measured:
        return events.Measured(link.number, ())


class Bench(Ends):
    """A router on this loop, with socket pairs for links."""

    def __init__(self) -> None:
        super().__init__()
        config = RouterConfig(
            server_name="alpha",
            my_address="10.0.0.5:4042",
            boot_id="00000000-0000-4000-8000-000000000001",
            version="0",
            python="3",
            uid=0,
            cluster=ClusterConfig(listens=True, demands_credentials=False),
        )
        now = events.Instant(time.monotonic(), time.time_ns())
        self.dispatcher = Dispatcher(Router(config, now), _Nobody(), 5.0, structlog.get_logger())
        for kind in (effects.Keep, effects.SetFlag, effects.TellUnits, effects.Notice):
            self.dispatcher.deeds[kind] = lambda _effect: None
        self.links: dict[str, _TimedLink] = {}
        self.generation = 0
        self.far = Far(self)

    async def open(self, name: str, kind: events.LinkKind) -> None:
        """One more link."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
        theirs.setblocking(False)  # noqa: FBT003 - its one parameter
        number = len(self.links) + 1

        def welcome(link: Link) -> None:
            user = None if kind.is_remote else USER
            self.dispatcher.link_opened(link, events.LinkOpened(number, kind, "10.0.0.7:50001", user))

        link = _TimedLink(number, kind, welcome, self.dispatcher, LimitsSettings(), bytearray(READ_BYTES))
        link.spent_ns = 0
        self.links[name], self.peers[name] = link, theirs
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)

    async def set_share(self, share: float) -> None:
        """The canary says which part is copied."""
        self.generation += 1
        await self.say("canary", policy_line(self.generation, share))
        await asyncio.sleep(0.01)

    async def ask(self, senders: Sequence[str], number: int) -> None:
        """One message of each to the primary, and its replies."""
        for sender in senders:
            self.peers[sender].send(f"billing/ASK n={number};text={TEXT}\n".encode())
        await self._read_lines("billing", len(senders))
        await self.say("billing", "\n".join(f"{sender}/ANSWER n={number};text={TEXT}" for sender in senders))
        for sender in senders:
            await self._read_lines(sender, 1)

    async def _read_lines(self, name: str, count: int) -> None:
        while count > 0:
            count -= (await self.read(name)).count(b"\n")


async def _read_all(bench: Bench, name: str) -> None:
    while True:
        await bench.read(name)


@asynccontextmanager
async def run_bench() -> AsyncIterator[Bench]:
    """A router with a primary, its senders, a comparator and a far router, for as long as the block lasts."""
    bench = Bench()
    await bench.open("far", events.LinkKind.REMOTE)
    await bench.far.join()
    names = [f"sender_{number}" for number in range(SENDERS)]
    for name in ("canary", "billing", *names):
        await bench.open(name, events.LinkKind.UNIX)
        await bench.register(name)
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(_read_all(bench, "canary")), loop.create_task(bench.far.live())]
    tasks.append(loop.create_task(bench.far.answer_late()))
    try:
        yield bench
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for link in bench.links.values():
            link.cut(events.CloseReason.DRAIN)
        await asyncio.sleep(0)
        bench.dispatcher.quiet()
        for peer in bench.peers.values():
            peer.close()


async def _half(bench: Bench, messages: int, at_once: int) -> float:
    """Messages in turn from all senders; microseconds from the read to the write of each."""
    senders = [name for name in bench.links if name.startswith("sender_")]
    spent_ns = sum(bench.links[name].spent_ns for name in senders)
    for number in range(0, messages, at_once):
        first = number % len(senders)
        await bench.ask(senders[first : first + at_once], number)
    return (sum(bench.links[name].spent_ns for name in senders) - spent_ns) / messages / 1e3


async def _measure(plan: PathPlan) -> list[PathCost]:
    costs = []
    async with run_bench() as bench:
        await _half(bench, plan.messages, 1)
        for state, share, at_once in itertools.product(STATES, SHARES, AT_ONCE):
            await bench.far.be(state)
            cost = PathCost(state, share, at_once)
            for _ in range(plan.alternations):
                for part, taken in ((0.0, cost.off_us), (share, cost.on_us)):
                    await bench.set_share(part)
                    taken.append(await _half(bench, plan.messages, at_once))
                    await asyncio.sleep(SETTLE_S)
            costs.append(cost)
    return costs


def measure_path(plan: PathPlan) -> list[PathCost]:
    """Run it; asyncio's own loop writes at once, so that the write is part of what is timed."""
    return asyncio.run(_measure(plan))
