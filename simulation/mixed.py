"""Small clusters of C++ and Bellwether routers on links without delay: who hears what; made to play very many of them."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from communicator.router import Router
from communicator.router.vocabulary.effects import KeptFile
from communicator.router.vocabulary.events import (
    CloseReason,
    LinesReceived,
    LinkClosed,
    LinkKind,
    LinkOpened,
    StopRequested,
)
from simulation.host import ROOT, CoreMaker, Plan, configuration
from simulation.leaf import Leaf
from simulation.wires import Heard, Node, Wires

KINDS: dict[str, CoreMaker] = {"c": Leaf, "p": partial(Leaf, plugins=True), "b": Router}
"""By letter: a C++ router, one with its plugins, a Bellwether router."""
START_APART_S = 1.0
SETTLE_MAX_S = 200.0
"""A C++ router dials anew after a minute; what it learns then may need another one."""
FORMING_S = 3.0
"""Bellwether routers that can reach each other have met, and settled their ways, by then."""
HAPPENS_S = 10.0
"""Whatever a message sets off has happened by then: C++ routers send nothing on that is older."""
UNDERSTOOD = "HELP,QUITTING,READY,STOP,UNKNOWN,INVALID,NOTIFY,PAYLOAD,SERVICE_UNAVAILABLE,TRANSMISSION_REPORT"


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


class Mixed(Wires):
    """A cluster that plays.

    Args:
        cast: Who takes part.
        wire: Called with every line that one router writes to another: from, to, and the line.
    """

    def __init__(self, cast: Cast, wire: Callable[[str, str, bytes], None] = lambda _from, _to, _line: None) -> None:
        hosts = cast.hosts
        pairs = cast.edges if cast.edges is not None else (x + y for x in hosts for y in hosts)
        nodes = [Node(host, _plan(cast, host), KINDS[kind]) for host, kind in zip(hosts, cast.kinds, strict=True)]
        super().__init__(nodes, {frozenset(pair) for pair in pairs}, wire)
        self.cast = cast
        for host, known in cast.saved.items():
            self.nodes[host].files[KeptFile.NEIGHBORS] = "".join(f"{address_of(other)}\n" for other in known)

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


def address_of(host: str) -> str:
    """Where the router of a host listens."""
    return f"10.9.0.{ord(host) - ord('a') + 1}:4042"


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
