"""The hosts of the play of the fence: five routers, what links them, processes, and what a shadow may have a router do."""

from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random
from typing import NamedTuple

from communicator.protocol.addresses import HostPort
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress
from simulation.agenda import ViolationError
from simulation.fence_words import MARK

SERVERS = ("alpha", "beta", "gamma", "delta", "epsilon")
ROOT = events.User(0, "root", frozenset({"root"}), pid=1)
OF_SHADOWS = (
    effects.Send,
    effects.Offer,
    effects.Notice,
    effects.Continue,
    effects.Identify,
    effects.Close,
    effects.LookAgain,
)
SETTLING = (effects.SetQueuePolicy, effects.SampleLoad, effects.TellUnits, effects.AllowLongLines)
"""All that a router may do when a shadow has said something."""
WORDS_TO_CANARY = (b"canary/ABSOLUTELY", b"canary/RUN_STARTED", b"canary/RUN_ENDED", b"canary/SHADOW_STEPS")
WORDS_TO_ROUTERS = (b":communicatord/SHADOW_SAID", b":communicatord/SHADOW_TAKEN")


class Process(NamedTuple):
    """A process of a host, as its kernel knows it."""

    server: str
    pid: int
    unit: str
    service: str
    version: str
    role: str = "live"


class Hosts:
    """Five routers, what connects them, and the processes that speak to them.

    Args:
        random: Where all chance comes from.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.now_s = 1000.0
        self.routers: dict[str, Router] = {}
        self.owner: dict[tuple[str, int], Process] = {}
        self.kinds: dict[tuple[str, int], events.LinkKind] = {}
        self.wires: dict[tuple[str, int], tuple[str, int]] = {}
        self.tells: set[str] = set()
        self.lines = self.copies = self.answers = 0
        self._numbers = count(1)
        self._queue: deque[tuple[str, events.Event, Process | None]] = deque()
        self.is_shadow: Callable[[Process], bool] = lambda _process: False
        self.heard: Callable[[str, int, Process, bytes], None] = lambda *_: None
        for at, server in enumerate(SERVERS):
            known = random.sample(range(at), min(at, 1 + random.randrange(2)))
            neighbors = tuple(NeighborAddress(HostPort(f"10.0.0.{one + 1}", 4042), secure=False) for one in known)
            cluster = ClusterConfig(listens=True, neighbors=neighbors, demands_credentials=False)
            config = RouterConfig(
                server_name=server,
                my_address=f"10.0.0.{at + 1}:4042",
                boot_id=f"00000000-0000-4000-8000-{at + 1:012}",
                version="1",
                python="3",
                uid=200,
                known_services=frozenset({"offline"}),
                cluster=cluster,
            )
            self.routers[server] = Router(config, self.now)

    @property
    def now(self) -> events.Instant:
        """The time."""
        return events.Instant(self.now_s, int(self.now_s * 1e9))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now_s + seconds
        while True:
            self.settle()
            due = [
                (at_s, server)
                for server, router in self.routers.items()
                if (at_s := router.next_deadline()) is not None
            ]
            if not due or min(due)[0] > end:
                break
            at_s, server = min(due)
            self.now_s = max(self.now_s, at_s)
            self._queue.append((server, events.DeadlineReached(), None))
        self.now_s = end

    def connect(self, process: Process, kind: events.LinkKind) -> int:
        """A process connects to the router of its host."""
        link = next(self._numbers)
        key = process.server, link
        self.owner[key], self.kinds[key] = process, kind
        known = ROOT if kind is events.LinkKind.UNIX else None
        self.tell(process.server, events.LinkOpened(link, kind, "127.0.0.1:5", known))
        if process.server in self.tells:
            self.tell(process.server, events.UnitIdentified(link, self._process_of(key)))
        self.settle()
        return link

    def write(self, process: Process, link: int, lines: bytes) -> None:
        """A process writes."""
        if (process.server, link) in self.owner:
            self.tell(process.server, events.LinesReceived(link, lines), process)

    def tell(self, server: str, event: events.Event, source: Process | None = None) -> None:
        """Something happens on a host."""
        self._queue.append((server, event, source))

    def settle(self) -> None:
        """Let all happen that is to happen now."""
        while self._queue:
            server, event, source = self._queue.popleft()
            done = self.routers[server].handle(event, self.now)
            is_shadow = source is not None and self.is_shadow(source)
            for effect in done:
                if is_shadow and source is not None:
                    self._judge(server, source, effect)
                self._do(server, effect, source)

    def _process_of(self, key: tuple[str, int]) -> events.Process:
        process, kind = self.owner[key], self.kinds[key]
        return events.Process(process.pid if kind is events.LinkKind.UNIX else None, process.unit)

    def _judge(self, server: str, source: Process, effect: effects.Effect) -> None:
        """What a router does because of a line of a shadow is one of few things, and says something to few."""
        if not isinstance(effect, (*OF_SHADOWS, *SETTLING)):
            raise ViolationError(f"{server}: a line of {source} had the router do {effect!r}")
        if not isinstance(effect, effects.Send | effects.Offer):
            return
        target = self.owner.get((server, effect.link))
        is_told_of = (server, effect.link) in self.wires
        words = (*WORDS_TO_ROUTERS, b"LINK_STATE") if is_told_of else WORDS_TO_CANARY
        if target is None and not is_told_of:
            return  # it has just gone
        if target is not None and (target == source or self.is_shadow(target)):
            return
        is_canary = target is not None and target.service == "canary"
        if (is_told_of or is_canary) and all(_is_one_of(words, line) for line in effect.data.splitlines()):
            return
        raise ViolationError(f"{server}: a line of {source} had {target} hear {effect.data!r}")

    def _do(self, server: str, effect: effects.Effect, source: Process | None) -> None:
        match effect:
            case effects.Send(link, data) | effects.Offer(link, data):
                self._deliver(server, link, data)
                if isinstance(effect, effects.Offer):
                    self.tell(server, events.Offered(link, effect.ticket, taken=True))
            case effects.Close(link, reason):
                self._close(server, link, reason)
            case effects.Continue(link):
                self.tell(server, events.Continued(link), source or self.owner.get((server, link)))
            case effects.Identify(link):
                self.tell(server, events.UserIdentified(link, ROOT), source)
            case effects.Measure(link):
                self.tell(server, events.Measured(link, ()))
            case effects.LookAgain():
                self.tell(server, events.PutOff())
            case effects.Dial(dial, host, _):
                self._dial(server, dial, host)
            case effects.TellUnits(enabled):
                self._tell_units(server, enabled=enabled)
            case _:
                pass

    def _tell_units(self, server: str, *, enabled: bool) -> None:
        self.tells.discard(server)
        if enabled:
            self.tells.add(server)
            told = [key for key in self.owner if key[0] == server]
            self._queue.extendleft((server, events.UnitIdentified(key[1], self._process_of(key)), None) for key in told)

    def _deliver(self, server: str, link: int, data: bytes) -> None:
        key = server, link
        if key in self.wires:
            if MARK in data:
                self._check(server, "another router", data, WORDS_TO_ROUTERS)
            self.answers += data.count(b":communicatord/SHADOW_SAID ")
            peer, end = self.wires[key]
            self.tell(peer, events.LinesReceived(end, data))
        elif (process := self.owner.get(key)) is not None:
            if MARK in data and not self.is_shadow(process):
                words = WORDS_TO_CANARY if process.service == "canary" else ()
                self._check(server, process, data, words)
            self.heard(server, link, process, data)

    def _check(self, server: str, target: object, data: bytes, words: tuple[bytes, ...]) -> None:
        for line in data.splitlines():
            if MARK in line and not _is_one_of(words, line):
                raise ViolationError(f"{server}: {target} hears {line!r}")

    def _close(self, server: str, link: int, reason: events.CloseReason) -> None:
        key = server, link
        self.tell(server, events.LinkClosed(link, reason))
        self.owner.pop(key, None)
        other = self.wires.pop(key, None)
        if other is not None and self.wires.pop(other, None) is not None:
            self.tell(other[0], events.LinkClosed(other[1], events.CloseReason.HUP))

    def _dial(self, server: str, dial: int, host: str) -> None:
        other = SERVERS[int(host.rpartition(".")[2]) - 1]
        ours, theirs = next(self._numbers), next(self._numbers)
        self.wires[server, ours], self.wires[other, theirs] = (other, theirs), (server, ours)
        own = f"10.0.0.{SERVERS.index(server) + 1}"
        self.tell(other, events.LinkOpened(theirs, events.LinkKind.REMOTE, f"{own}:50000"))
        self.tell(server, events.LinkOpened(ours, events.LinkKind.REMOTE, f"{host}:4042", dial=dial))


def _is_one_of(words: tuple[bytes, ...], line: bytes) -> bool:
    """Whether a line that a router has signed carries one of these commands to one of these services."""
    return line.split(b" ", 2)[1].endswith(words)
