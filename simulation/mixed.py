"""Small clusters of C++ and Bellwether routers on links without delay: who hears what; made to play very many of them.

Time jumps from deadline to deadline. What routers and services write arrives at once and in the order it was written, so that a
cluster does the same each time. `simulation.host` and `simulation.network` play the same cores with delays, losses and faults.
"""

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import NamedTuple

from communicator.router import Router
from communicator.router.vocabulary.effects import (
    CheckCredential,
    Close,
    Continue,
    Dial,
    Effect,
    Identify,
    Keep,
    KeptFile,
    KeptPath,
    Measure,
    Send,
    Stop,
)
from communicator.router.vocabulary.events import (
    CloseReason,
    Continued,
    CredentialChecked,
    DeadlineReached,
    DialFailed,
    Event,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkEnded,
    LinkKind,
    LinkOpened,
    Measured,
    StopRequested,
    UserIdentified,
)
from simulation.agenda import ViolationError
from simulation.host import ROOT, CoreMaker, Plan, configuration
from simulation.leaf import Leaf
from simulation.leaf.neighbors import ip_of
from simulation.life import EPOCH_S, Core

KINDS: dict[str, CoreMaker] = {"c": Leaf, "p": partial(Leaf, plugins=True), "b": Router}
"""By letter: a C++ router, one with its plugins, a Bellwether router."""
START_APART_S = 1.0
SETTLE_MAX_S = 200.0
"""A C++ router dials anew after a minute; what it learns then may need another one."""
FORMING_S = 3.0
"""Bellwether routers that can reach each other have met, and settled their ways, by then."""
HAPPENS_S = 10.0
"""Whatever a message sets off has happened by then: C++ routers send nothing on that is older."""
DIAL_TIMEOUT_S = 2.0
MOMENT_S = 1e-6
"""What is due within it is due at once."""
DEADLINES_MAX = 100_000
"""So many deadlines in one wait are a loop."""
UNDERSTOOD = "HELP,QUITTING,READY,STOP,UNKNOWN,INVALID,NOTIFY,PAYLOAD,SERVICE_UNAVAILABLE,TRANSMISSION_REPORT"


class Heard(NamedTuple):
    """A line that a client received."""

    host: str
    client: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Which routers there are, who reaches whom, and what runs where; hosts are called a, b, c, … by rising address."""

    kinds: str
    """One letter of `KINDS` per host, such as ``cbc``."""
    edges: Iterable[str] | None = None
    """Pairs of hosts that reach each other, such as ``ab``; None for all. Any other dial times out."""
    neighbors: Mapping[str, str] = field(default_factory=dict)
    """By host: whom its configuration names, in this order; all others, by rising address, where it is not told."""
    services: Mapping[str, str] = field(default_factory=dict)
    """By service: the hosts it runs on. On each host x runs ``cli_x``, too."""
    files: Mapping[str, str] = field(default_factory=dict)
    """By service: the hosts that have a ``.service`` file of it."""
    order: str = ""
    """In which the routers start, a second apart; by rising address where it is not told."""
    saved: Mapping[str, str] = field(default_factory=dict)
    """By host: whose addresses stand in its neighbors.txt at the first start."""

    @property
    def hosts(self) -> str:
        """The names of all hosts."""
        return "abcdefghij"[: len(self.kinds)]


def address_of(host: str) -> str:
    """Where the router of a host listens."""
    return f"10.9.0.{ord(host) - ord('a') + 1}:4042"


@dataclass(slots=True, eq=False)
class Node:
    """A host: its router, while it runs, and what is connected with it."""

    name: str
    plan: Plan
    make_core: CoreMaker
    core: Core | None = None
    due_s: float = float("inf")
    lives: int = 0
    files: dict[KeptPath, str] = field(default_factory=dict)
    far: dict[int, tuple["Node", int]] = field(default_factory=dict)
    """By link: the other router, and its number of it."""
    clients: dict[int, str] = field(default_factory=dict)
    """By link: the name of the process."""

    def link_of(self, client: str) -> int:
        """The link of a process."""
        return next(link for link, name in self.clients.items() if name == client)


class Mixed:
    """A cluster that plays.

    Args:
        cast: Who takes part.
        wire: Called with every line that one router writes to another: from, to, and the line.
    """

    epoch_s = EPOCH_S
    """What the clocks of all hosts show at the beginning."""

    def __init__(self, cast: Cast, wire: Callable[[str, str, bytes], None] = lambda _from, _to, _line: None) -> None:
        self.cast = cast
        self.now_s = 0.0
        self.heard: list[Heard] = []
        """What clients have received since the last `say`."""
        self.dial_takes_s: dict[str, float] = {}
        """By dialler and dialled, such as ``ba``: how long it takes until they are connected, where it takes time."""
        self._wire = wire
        self._queue: deque[tuple[Node, int, Event]] = deque()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._links, self._ports = count(1), count(32_768)
        hosts = cast.hosts
        pairs = cast.edges if cast.edges is not None else (x + y for x in hosts for y in hosts)
        self._reach = {frozenset(pair) for pair in pairs}
        self.nodes = {
            host: Node(host, _plan(cast, host), KINDS[kind]) for host, kind in zip(hosts, cast.kinds, strict=True)
        }
        for host, known in cast.saved.items():
            self.nodes[host].files[KeptFile.NEIGHBORS] = "".join(f"{address_of(other)}\n" for other in known)
        self._by_address = {node.plan.address: node for node in self.nodes.values()}

    def start(self, host: str) -> None:
        """Start a router, and its services right after it."""
        node = self.nodes[host]
        node.lives += 1
        boot_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{host} {node.lives}")
        node.core = node.make_core(configuration(node.plan, str(boot_id), node.files), self._instant())
        self._look_at(node)
        for service in (f"cli_{host}", *(name for name, where in self.cast.services.items() if host in where)):
            self.join(host, service)

    def connect(self, host: str, client: str) -> None:
        """A process of a host connects."""
        node = self.nodes[host]
        link = next(self._links)
        node.clients[link] = client
        self._tell(node, LinkOpened(link, LinkKind.UNIX, "/run/bellwether/communicatord.sock", ROOT))
        self._work()

    def join(self, host: str, service: str, commands: str = UNDERSTOOD) -> None:
        """A process of a host connects and registers."""
        self.connect(host, service)
        self.write(host, service, f"REGISTER service={service};version=1\nCOMMANDS list={commands}\n".encode())

    def leave(self, host: str, client: str) -> None:
        """A process of a host is gone."""
        node = self.nodes[host]
        link = node.link_of(client)
        del node.clients[link]
        self._tell(node, LinkClosed(link, CloseReason.HUP))
        self._work()

    def write(self, host: str, client: str, lines: bytes) -> None:
        """A process of a host writes to its router, and what that sets off without time passing happens."""
        node = self.nodes[host]
        self._tell(node, LinesReceived(node.link_of(client), lines))
        self._work()

    def stop(self, host: str, by: str = "SIGTERM") -> None:
        """A signal asks a router to end; SIGINT makes a C++ router say DISCONNECT."""
        self._tell(self.nodes[host], StopRequested(by))
        self._work()
        self.kill(host)

    def kill(self, host: str) -> None:
        """A router ends without a word; its files stay."""
        node = self.nodes[host]
        node.core, node.due_s = None, float("inf")
        node.clients.clear()
        for link in list(node.far):
            self._hang_up(node, link)
        self._work()

    def run(self, lasts_s: float) -> None:
        """Let time pass, jumping from deadline to deadline."""
        until_s = self.now_s + lasts_s
        for _ in range(DEADLINES_MAX):
            node = min(self.nodes.values(), key=_due_s)
            later_s = self._later[0][0] if self._later else float("inf")
            due_s = max(self.now_s, min(node.due_s, later_s))
            if due_s > until_s:
                self.now_s = until_s
                return
            self.now_s = due_s
            if later_s <= node.due_s:
                self._do_what_is_due()
            else:
                self._tell(node, DeadlineReached())
            self._work()
        raise ViolationError(f"time stands still at {self.now_s:.6f} s")

    def _do_what_is_due(self) -> None:
        """Routers that dial at the same moment are all connected before one of them says a word."""
        until_s = self.now_s + MOMENT_S
        due = [action for due_s, action in self._later if due_s <= until_s]
        self._later = self._later[len(due) :]
        for action in due:
            action()

    def settle(self) -> None:
        """Start all routers in their order, and wait until no more of them will link."""
        for host in self.cast.order or self.cast.hosts:
            self.start(host)
            self.run(START_APART_S)
        while self._leaves_wait() and self.now_s < SETTLE_MAX_S:
            self.run(1.0)
        self.run(FORMING_S)

    def _leaves_wait(self) -> bool:
        """Whether a C++ router has yet to link with one that it knows and can reach."""
        for node in self.nodes.values():
            if isinstance(node.core, Leaf):
                awaited = [self._by_address[address] for address in node.core.awaited if address in self._by_address]
                if any(self._reaches(node, other) and other.core is not None for other in awaited):
                    return True
        return False

    def say(self, host: str, client: str, line: str, lasts_s: float = HAPPENS_S) -> list[Heard]:
        """Let a client write one line, and everything happen that it sets off.

        Returns:
            What clients received meanwhile, in this order.
        """
        self.heard = []
        self.write(host, client, f"{line}\n".encode())
        self.run(lasts_s)
        return self.heard

    def accepted(self) -> dict[str, str]:
        """By host, the routers that have dialled it and are linked, in that order."""
        return {name: "".join(self._accepted(node)) for name, node in self.nodes.items()}

    def rank_accepted(self, host: str, order: str) -> None:
        """Make a C++ router file the routers that have dialled it in another order, as if they had come so."""
        node = self.nodes[host]
        if isinstance(node.core, Leaf):
            node.core.rank_accepted(lambda link: order.find(node.far[link][0].name) if link in node.far else -1)

    def known(self, host: str) -> str:
        """The routers whose addresses a C++ router knows; empty for one of ours."""
        core = self.nodes[host].core
        addresses = core.known if isinstance(core, Leaf) else ()
        return "".join(sorted(self._by_address[each].name for each in addresses if each in self._by_address))

    @staticmethod
    def _accepted(node: Node) -> list[str]:
        if isinstance(node.core, Leaf):
            links = node.core.accepted
        elif isinstance(node.core, Router):
            links = [link.id for link in node.core._board.mesh.peers.values() if link.dial is None]  # noqa: SLF001 - it shows their order nowhere
        else:
            links = []
        return [node.far[link][0].name for link in links if link in node.far]

    def _reaches(self, one: Node, other: Node) -> bool:
        return frozenset((one.name, other.name)) in self._reach

    def _instant(self) -> Instant:
        return Instant(self.now_s, int((self.epoch_s + self.now_s) * 1e9))

    def _tell(self, node: Node, event: Event) -> None:
        self._queue.append((node, node.lives, event))

    def _answer(self, node: Node, event: Event) -> None:
        """Answer a question before anything else is told."""
        self._queue.appendleft((node, node.lives, event))

    def _work(self) -> None:
        while self._queue:
            node, life, event = self._queue.popleft()
            if node.core is None or life != node.lives:
                continue
            for effect in self._handle(node.core, node.name, event):
                self._do(node, effect)
            self._look_at(node)

    def _handle(self, core: Core, name: str, event: Event) -> list[Effect]:
        try:
            return core.handle(event, self._instant())
        except Exception as error:
            raise ViolationError(f"{name}: {event!r:.400} raised {error!r}") from error

    def _look_at(self, node: Node) -> None:
        due_s = node.core.next_deadline() if node.core is not None else None
        node.due_s = float("inf") if due_s is None else due_s

    def _do(self, node: Node, effect: Effect) -> None:
        match effect:
            case Send(link, data):
                self._send(node, link, data)
            case Close(link, reason):
                self._close(node, link, reason)
            case Dial(dial, host, port):
                self._dial(node, dial, f"{host}:{port}")
            case Keep(file, content):
                node.files[file] = content
            case Stop():
                self._later_on(0.0, partial(self.kill, node.name))
            case CheckCredential(link):
                self._answer(node, CredentialChecked(link, None))
            case Continue(link):
                self._answer(node, Continued(link))
            case Measure(link):
                self._answer(node, Measured(link, ()))
            case Identify(link):
                self._answer(node, UserIdentified(link, ROOT))
            case _:
                pass

    def _later_on(self, delay_s: float, action: Callable[[], None]) -> None:
        self._later.append((self.now_s + delay_s, action))
        self._later.sort(key=lambda entry: entry[0])

    def _send(self, node: Node, link: int, data: bytes) -> None:
        if link in node.far:
            other, far_link = node.far[link]
            for line in data.splitlines(keepends=True):
                self._wire(node.name, other.name, line)
            self._tell(other, LinesReceived(far_link, data))
        elif link in node.clients:
            client = node.clients[link]
            self.heard += [Heard(node.name, client, line) for line in data.splitlines()]

    def _close(self, node: Node, link: int, reason: CloseReason) -> None:
        if node.clients.pop(link, None) is None:
            self._hang_up(node, link)
        self._tell(node, LinkClosed(link, reason))

    def _hang_up(self, node: Node, link: int) -> None:
        if link not in node.far:
            return
        other, far_link = node.far.pop(link)
        if far_link in other.far:
            self._tell(other, LinkEnded(far_link))

    def _dial(self, node: Node, dial: int, address: str) -> None:
        """A dial takes longer than what is on its way already: it comes to something when all else has happened."""
        other = self._by_address.get(address)
        takes_s = DIAL_TIMEOUT_S
        if ip_of(address) == ip_of(node.plan.address):
            takes_s = 0.0
        elif other is not None and self._reaches(node, other):
            takes_s = self.dial_takes_s.get(f"{node.name}{other.name}", 0.0)
        self._later_on(takes_s, partial(self._dialled, node, node.lives, dial, address))

    def _dialled(self, node: Node, life: int, dial: int, address: str) -> None:
        other = self._by_address.get(address)
        if node.core is None or node.lives != life:
            return
        if other is None or other is node or not self._reaches(node, other):
            self._tell(node, DialFailed(dial, "timed out"))
        elif other.core is None:
            self._tell(node, DialFailed(dial, "connection refused"))
        else:
            near_link, far_link = next(self._links), next(self._links)
            node.far[near_link], other.far[far_link] = (other, far_link), (node, near_link)
            self._tell(other, LinkOpened(far_link, LinkKind.REMOTE, f"{ip_of(node.plan.address)}:{next(self._ports)}"))
            self._tell(node, LinkOpened(near_link, LinkKind.REMOTE, address, dial=dial))


def _due_s(node: Node) -> float:
    return node.due_s


def _plan(cast: Cast, host: str) -> Plan:
    others = cast.neighbors.get(host, cast.hosts.replace(host, ""))
    return Plan(
        name=host,
        address=address_of(host),
        neighbors=tuple(map(address_of, others)),
        known_services=frozenset(service for service, where in cast.files.items() if host in where),
    )


def play(cast: Cast, host: str, client: str, line: str) -> list[Heard]:
    """Build a cluster, wait until it has settled, and let one client say one line.

    Returns:
        Who received which lines in the ten seconds after that.
    """
    mixed = Mixed(cast)
    mixed.settle()
    return mixed.say(host, client, line)
