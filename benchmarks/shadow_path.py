"""A primary's messages in one process, with a shadow in each state: processor time from a read to the write, and in all."""

import asyncio
import json
import socket
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from communicator.daemon.dispatcher import Dispatcher
from communicator.daemon.link import READ_BYTES, Link
from communicator.daemon.settings import LimitsSettings
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import ClusterConfig
from communicator.router.vocabulary.records import bucket_of

STATES = ("healthy", "slow", "stuck", "absent", "flooding")
SLOW_S = 10.0
SHARES = (0.01, 1.0)
SENDERS = 20
FLOOD = 4
"""Lines that a flooding shadow has its router tell for each message of the primary."""
FAR = "10.0.0.7:4042"
STARTED = 1_700_000_000
USER = events.User(0, "root", frozenset({"root"}), pid=1)
TEXT = "x" * 80


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPlan:
    """What is done."""

    alternations: int = 20
    messages: int = 400
    """In each half of an alternation."""


@dataclass(slots=True)
class PathCost:
    """What one share and state of the shadow cost."""

    state: str
    share: float
    off_us: list[float] = field(default_factory=list)
    """From the read to the write of a message, of each half without copies;"""
    on_us: list[float] = field(default_factory=list)
    """and with."""
    all_off_us: list[float] = field(default_factory=list)
    """All that the process did, for each message."""
    all_on_us: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """From the read to the write, with copies and without: the median of neighbors."""
        return _median_ratio(self.on_us, self.off_us)

    @property
    def whole_ratio(self) -> float:
        """The same of all that was done."""
        return _median_ratio(self.all_on_us, self.all_off_us)


def _median_ratio(on: list[float], off: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(on, off, strict=True))


class _TimedLink(Link):
    """Adds up the processor time of what is done about its reads at once."""

    __slots__ = ("spent_ns",)

    def buffer_updated(self, size: int) -> None:
        """The loop has read."""
        begun_ns = time.thread_time_ns()
        super().buffer_updated(size)
        self.spent_ns += time.thread_time_ns() - begun_ns


class _Nobody:
    """Surroundings of a router that asks for nothing."""

    def identify(self, _link: Link) -> events.User:
        return USER

    def check_password(self, _effect: effects.CheckCredential, done: object) -> None:
        raise NotImplementedError

    def measure(self, link: Link) -> events.Measured:
        return events.Measured(link.number, ())


class Bench:
    """A router on this loop, with socket pairs for links."""

    def __init__(self) -> None:
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
        self.peers: dict[str, socket.socket] = {}
        self.generation = 0
        self.far = _Far(self)

    async def open(self, name: str, kind: events.LinkKind) -> None:
        """One more link; of this host it registers."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
        theirs.setblocking(False)  # noqa: FBT003 - its one parameter
        number = len(self.links) + 1

        def welcome(link: Link) -> None:
            user = None if kind.is_remote else USER
            self.dispatcher.link_opened(link, events.LinkOpened(number, kind, "10.0.0.7:50001", user))

        link = _TimedLink(number, kind, welcome, self.dispatcher, LimitsSettings(), memoryview(bytearray(READ_BYTES)))
        link.spent_ns = 0
        self.links[name], self.peers[name] = link, theirs
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)

    async def register(self, name: str) -> None:
        """A service of this host."""
        await self.open(name, events.LinkKind.UNIX)
        await self.say(
            name, f"REGISTER service={name};version=1\nCOMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,ASK,ANSWER"
        )
        await self.drain(name, b"READY")

    async def say(self, name: str, text: str) -> None:
        """A link writes lines."""
        await asyncio.get_running_loop().sock_sendall(self.peers[name], text.encode() + b"\n")

    async def read(self, name: str) -> bytes:
        """What a link has been written."""
        return await asyncio.get_running_loop().sock_recv(self.peers[name], READ_BYTES)

    async def drain(self, name: str, until: bytes) -> None:
        """Read up to a line that holds this."""
        data = b""
        while until not in data:
            data += await asyncio.wait_for(self.read(name), 10)

    async def set_share(self, share: float) -> None:
        """The canary says which part is copied."""
        self.generation += 1
        shadow = {"service": "billing", "version": "2.0", "server": "far", "primary": "alpha", "share": share}
        policy = {"generation": [1, self.generation], "lease_s": 100_000, "shadows": [shadow]}
        line = encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)}))
        await self.say("canary", line.decode().rstrip())
        await asyncio.sleep(0.01)

    async def ask(self, sender: str, number: int) -> None:
        """One message to the primary, and its reply."""
        await self.say(sender, f"billing/ASK n={number};text={TEXT}")
        await self.read("billing")
        await self.say("billing", f"{sender}/ANSWER n={number};text={TEXT}")
        await self.read(sender)


class _Far:
    """The router of the shadow, and the shadow, in one of its states."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.state = "healthy"
        self._sequence = 1

    async def join(self) -> None:
        """Link with the router."""
        await self._bench.open("far", events.LinkKind.REMOTE)
        features = "directory/1,shadows/1"
        await self._bench.say(
            "far", f"CONNECT version=1;my_address={FAR};server_name=far;boot_id=f1;features={features}"
        )
        neighbors = [{"server": "alpha", "cost": 1.0}]
        links = {"address": FAR, "secure": False, "neighbors": neighbors, "features": features.split(",")}
        await self._tell("links", links)
        await self.be("healthy")

    async def be(self, state: str) -> None:
        """Be in a state from now on."""
        self.state = state
        instance = {"server": "far", "service": "billing", "role": "shadow", "state": "up", "version": "2.0"}
        await self._tell(bucket_of("billing"), {"instances": [] if state == "absent" else [instance]})

    async def _tell(self, part: str, state: object) -> None:
        self._sequence += 1
        record = {"server": "far", "boot_id": "f1", "started": STARTED, "part": part, "sequence": self._sequence}
        await self._bench.say("far", f"LINK_STATE records={json.dumps([{**record, 'state': state}])}")

    async def live(self) -> None:
        """Answer until this is cancelled."""
        rest = b""
        while True:
            rest += await self._bench.read("far")
            *lines, rest = rest.split(b"\n")
            for line in lines:
                await self._answer(decode(line))

    async def _answer(self, message: Message) -> None:
        if message.command == "ALIVE":
            await self._bench.say("far", f"ABSOLUTELY serial={message.get('serial')}")
        elif message.command == "SHADOW_COPY" and self.state != "stuck":
            told = f"service=billing;version=2.0;ticket={message.get('ticket')};load=0.1"
            await self._bench.say("far", f"<far:communicatord alpha:communicatord/SHADOW_TAKEN {told}")
            if self.state == "slow":
                asyncio.get_running_loop().call_later(SLOW_S, self._say_soon, message)
            else:
                await self._say(message, FLOOD if self.state == "flooding" else 1)

    def _say_soon(self, message: Message) -> None:
        line = encode_line(_said(message))
        self._bench.peers["far"].send(line)

    async def _say(self, message: Message, times: int) -> None:
        line = encode_line(_said(message)).decode().rstrip()
        await self._bench.say("far", "\n".join([line] * times))


def _said(copy: Message) -> Message:
    told = {name: copy.get(name) for name in ("service", "version", "conversation", "number")}
    told |= {"after_s": "0.001", "line": f"anybody/ANSWER n=1;text={TEXT}"}
    return Message("SHADOW_SAID", told, "communicatord", "alpha", "far", "communicatord")


async def _read_all(bench: Bench, name: str) -> None:
    while True:
        await bench.read(name)


@asynccontextmanager
async def run_bench() -> AsyncIterator[Bench]:
    """A router with a primary, its senders, a comparator and a far router, for as long as the block lasts."""
    bench = Bench()
    await bench.far.join()
    names = [f"sender_{number}" for number in range(SENDERS)]
    for name in ("canary", "billing", *names):
        await bench.register(name)
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(_read_all(bench, "canary")), loop.create_task(bench.far.live())]
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


async def _half(bench: Bench, messages: int) -> tuple[float, float]:
    """Messages in turn from all senders: microseconds from the read to the write, and in all, of each."""
    senders = [name for name in bench.links if name.startswith("sender_")]
    spent_ns = sum(bench.links[name].spent_ns for name in senders)
    begun_ns = time.thread_time_ns()
    for number in range(messages):
        await bench.ask(senders[number % len(senders)], number)
    all_ns = time.thread_time_ns() - begun_ns
    return (sum(bench.links[name].spent_ns for name in senders) - spent_ns) / messages / 1e3, all_ns / messages / 1e3


async def _measure(plan: PathPlan) -> list[PathCost]:
    costs = []
    async with run_bench() as bench:
        await _half(bench, plan.messages)
        for state in STATES:
            for share in SHARES:
                await bench.far.be(state)
                cost = PathCost(state, share)
                for _ in range(plan.alternations):
                    for part, path, whole in (
                        (0.0, cost.off_us, cost.all_off_us),
                        (share, cost.on_us, cost.all_on_us),
                    ):
                        await bench.set_share(part)
                        path_us, whole_us = await _half(bench, plan.messages)
                        path.append(path_us)
                        whole.append(whole_us)
                costs.append(cost)
    return costs


def measure_path(plan: PathPlan) -> list[PathCost]:
    """Run it; asyncio's own loop writes at once, so that the write is part of what is timed."""
    return asyncio.run(_measure(plan))
