"""A few routers and services whose every step a test decides: who says what, which lines are lost on the way, who is cut off."""

import json
from collections.abc import Callable, Iterable
from itertools import combinations, pairwise
from random import Random
from typing import Any

from msgspec.structs import replace

from communicator.protocol.line_form import decode, encode, encode_line
from communicator.protocol.message import Message
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary.config import ALL_FEATURES
from communicator.router.vocabulary.effects import Effect, Notice
from communicator.router.vocabulary.events import CloseReason, Instant, LinkClosed
from simulation.agenda import Stage
from simulation.host import CoreMaker, Host, Plan
from simulation.leaf import Leaf
from simulation.memory import MemoryBus, MemoryCarrier
from simulation.network import End, Network

FORMING_S = 3.0
"""A cluster of a few routers that start at once has met, and settled its ways, by then."""
DELAY_S = 0.001
HAPPENS_S = 0.2
"""Whatever a few messages set off has happened by then."""
REQUIRED = "HELP,QUITTING,READY,STOP,UNKNOWN"

Roads = Iterable[tuple[str, str]]
Loses = Callable[[str, str, bytes], bool]
"""From which router, to which, and the line: whether it is lost."""


def chain(names: Iterable[str]) -> Roads:
    """Each is linked to the next."""
    return list(pairwise(names))


def star(middle: str, names: Iterable[str]) -> Roads:
    """Each is linked to the one in the middle."""
    return [(middle, name) for name in names]


def everyone(names: Iterable[str]) -> Roads:
    """Each is linked to each."""
    return list(combinations(names, 2))


class Wire(Network):
    """The network, which remembers every line that routers wrote to each other, and may lose some."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.lines: list[tuple[str, str, bytes]] = []
        """From, to, and the line."""
        self.loses: Loses = lambda _sender, _receiver, _line: False

    def send(self, end: End, lines: bytes) -> None:
        """Write lines to a connection; those that are to be lost are never seen again."""
        sender, receiver = end.machine.name, end.peer.machine.name
        kept = [line for line in lines.splitlines(keepends=True) if self.passes(sender, receiver, line)]
        if kept or not lines:
            super().send(end, b"".join(kept))

    def passes(self, sender: str, receiver: str, line: bytes) -> bool:
        """Remember a line; whether it arrives."""
        self.lines.append((sender, receiver, line))
        return not self.loses(sender, receiver, line)


class Machine(Host):
    """A host whose configuration a test may change in any part."""

    changes: dict[str, Any]
    notices: list[Notice]
    bus: MemoryBus | None = None
    bus_link = 0

    def join(self, bus: MemoryBus) -> None:
        """Connect the router to a bus."""
        self.bus, self.bus_link = bus, self._new_link()
        bus.attach(self, self.bus_link)

    def drop_off(self) -> None:
        """Tear the connection to the bus down."""
        bus, self.bus = self.bus, None
        if bus is not None:
            bus.detach(self)
            self.tell(LinkClosed(self.bus_link, CloseReason.HUP))

    def _send(self, link: int, data: bytes) -> None:
        if link == self.bus_link and self.bus is not None:
            self.bus.carry(self, data)
        else:
            super()._send(link, data)

    def _config(self) -> RouterConfig:
        return replace(super()._config(), **self.changes)

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Notice):
            self.notices.append(effect)
        super()._do(effect)


class Voice:
    """A process of a host, registered as a service or not; what it hears is kept until the test takes it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._link = host.connect(self)
        self._heard: list[bytes] = []

    def write(self, lines: bytes) -> None:
        """Write whole lines to the router, as one read of its."""
        self._host.write(self._link, lines)

    def heard(self, lines: bytes) -> None:
        """Lines have come from the router."""
        self._heard += lines.splitlines()

    def cut_off(self) -> None:
        """The link is gone."""
        self._heard.append(b"EOF")

    def leave(self) -> None:
        """The process ends."""
        self._host.disconnect(self._link)

    def take(self) -> list[str]:
        """What was heard since the last time, each line in its one form: parameters sorted by name."""
        heard, self._heard = self._heard, []
        return [encode(decode(line)).decode() for line in heard]


class Cluster:
    """Routers in one process, on a clock of their own.

    Args:
        roads: Pairs of names; both ends are configured to link over each, and over nothing else.
        bus: Names of those that meet on a bus, not over roads.
        leaves: Bellwether routers that have no features, as if they were C++ ones.
        cpp: Those that run a C++ router (`simulation.leaf`), which reads only the first of its neighbors.
        features: What the others say that they can.
        make_core: Makes their cores.
        changes: What differs from a plain configuration, on every host.
    """

    def __init__(
        self,
        roads: Roads,
        *,
        bus: str = "",
        leaves: str = "",
        cpp: str = "",
        features: frozenset[str] = ALL_FEATURES,
        make_core: CoreMaker = Router,
        **changes: Any,
    ) -> None:
        self.stage = Stage(Random(1))
        self.wire = Wire(self.stage)
        self.hosts: dict[str, Machine] = {}
        pairs = list(roads)
        for name in sorted({name for pair in pairs for name in pair}.union(bus)):
            neighbors = [b if a == name else a for a, b in pairs if name in (a, b)]
            plan = Plan(
                name=name,
                address=address_of(name),
                neighbors=tuple(map(address_of, neighbors)),
                discover=False,
                features=frozenset() if name in leaves else features,
            )
            core = Leaf if name in cpp else _on_bus if name in bus else make_core
            host = self.hosts[name] = Machine(self.stage, self.wire, plan, core)
            host.changes, host.notices = changes, []
        for one, other in pairs:
            self.wire.build_road(one, other, (DELAY_S, DELAY_S))
        self.bus = MemoryBus(self.stage.agenda, self.wire.passes)
        for host in self.hosts.values():
            host.start()
            if host.name in bus:
                host.join(self.bus)
        self.run(FORMING_S)

    def __getitem__(self, name: str) -> Router:
        """The core of a router."""
        core = self.hosts[name].core
        assert isinstance(core, Router)
        return core

    @property
    def now_s(self) -> float:
        """The time that has passed."""
        return self.stage.agenda.now_s

    def run(self, seconds: float = HAPPENS_S) -> None:
        """Let time pass."""
        self.stage.agenda.run(self.now_s + seconds)

    def client(self, host: str) -> Voice:
        """A process that connects to a router, and registers as nothing."""
        return Voice(self.hosts[host])

    def service(self, host: str, name: str, commands: str = "", **registration: str) -> Voice:
        """A service on a host, of which the whole cluster has heard.

        Args:
            host: Where it runs.
            name: Its name.
            commands: What it lists beside what every service must, separated by commas.
            registration: Parameters of REGISTER beside the name.
        """
        voice = self.client(host)
        said = "".join(f";{key}={value}" for key, value in registration.items())
        listed = f"{REQUIRED},{commands}" if commands else REQUIRED
        voice.write(f"REGISTER service={name};version=1{said}\nCOMMANDS list={listed}\n".encode())
        self.run()
        voice.take()
        return voice

    def colour(self, canary: Voice, number: int, service: str, active: str, drain_s: float = 0.0) -> None:
        """Let a canary tell its router which version of a service is the active one.

        Args:
            canary: Of the router's host.
            number: Of its policy, and of the service's colour.
            service: Its name.
            active: The version.
            drain_s: For how long conversations with the one before may go on.
        """
        colour = {"service": service, "generation": number, "active": active, "drain_s": drain_s}
        policy = {"generation": [1, number], "lease_s": 1e6, "colours": [colour]}
        canary.write(encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)})))
        self.run()

    def say(self, voice: Voice, *lines: str, seconds: float = HAPPENS_S) -> None:
        """Let a process write lines, and everything happen that they set off."""
        voice.write("".join(f"{line}\n" for line in lines).encode())
        self.run(seconds)

    def cut(self, one: str, other: str) -> None:
        """Tear the connection between two routers down, and let none come up again."""
        road = self.wire.roads[frozenset((one, other))]
        self.hosts[one].reset_links_over(road)
        self.wire.cut(road)

    def heal(self, one: str, other: str) -> None:
        """Let two routers reach each other again."""
        self.wire.heal(self.wire.roads[frozenset((one, other))])

    def passed(self, word: str) -> list[tuple[str, str, str]]:
        """What routers have written to each other so far that holds a word: from, to, and the line."""
        return [(a, b, line.decode().rstrip("\n")) for a, b, line in self.wire.lines if word.encode() in line]


def address_of(name: str) -> str:
    """Where a router listens: on a private network."""
    return f"10.0.0.{sum(name.encode()) % 250 + 1}:4042"


def _on_bus(config: RouterConfig, now: Instant) -> Router:
    return Router(config, now, MemoryCarrier(config.server_name))
