"""One machine: it does what its router core asks for, and keeps its files and clocks over the router's lives."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from communicator.protocol.addresses import HostPort
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary.config import ALL_FEATURES, ClusterConfig, NeighborAddress, RouterLimits
from communicator.router.vocabulary.effects import (
    CheckCredential,
    Close,
    Continue,
    Dial,
    Effect,
    Identify,
    Keep,
    KeptCommands,
    KeptFile,
    KeptPath,
    Level,
    Measure,
    Notice,
    Send,
    Stop,
    TellUnits,
)
from communicator.router.vocabulary.events import (
    CloseReason,
    Continued,
    CredentialChecked,
    DialFailed,
    Event,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkEnded,
    LinkKind,
    LinkOpened,
    Measured,
    Process,
    StopRequested,
    UnitIdentified,
    User,
    UserIdentified,
)
from simulation.agenda import Stage, ViolationError
from simulation.life import Clocks, Core, Life
from simulation.network import End, Network, Road

ROOT = User(0, "root", frozenset({"root"}), pid=1)
LOCAL_S = 0.0002
"""How long a line takes from the router to a service."""
KEEPING_S = 0.01
"""How long it takes until a file is on disk: a router that ends before then has not kept it."""
STOPPING_S = 0.2
"""How long a router that stops takes to write what is queued."""

OPERATORS_BUSINESS = frozenset({"cluster_changed"})
"""Errors that are the cluster's; any other one is a fault of the router."""


class LocalPeer(Protocol):
    """A process of the machine at the other end of a local link."""

    def heard(self, lines: bytes) -> None: ...
    def cut_off(self) -> None: ...


CoreMaker = Callable[[RouterConfig, Instant], Core]


@dataclass(slots=True, kw_only=True)
class Plan:
    """How a machine is configured."""

    name: str
    address: str
    """``IP:port``."""
    neighbors: tuple[str, ...] = ()
    discover: bool = True
    features: frozenset[str] = ALL_FEATURES
    wall_skew_s: float = 0.0
    monotonic_offset_s: float = 1000.0
    exact_timer: bool = True
    known_services: frozenset[str] = frozenset()
    limits: RouterLimits = field(default_factory=RouterLimits)


def configuration(plan: Plan, boot_id: str, files: Mapping[KeptPath, str]) -> RouterConfig:
    """What a router is told at its start.

    Args:
        plan: How its machine is configured.
        boot_id: Of this life.
        files: What the last life kept.
    """
    hosts = (address.rpartition(":") for address in plan.neighbors)
    return RouterConfig(
        server_name=plan.name,
        my_address=plan.address,
        own_ips=frozenset((plan.address.rpartition(":")[0],)),
        boot_id=boot_id,
        version="0.2.0",
        python="3.13",
        uid=200,
        known_services=plan.known_services,
        learnt={file.service: text for file, text in files.items() if isinstance(file, KeptCommands)},
        cluster=ClusterConfig(
            listens=True,
            neighbors=tuple(NeighborAddress(HostPort(host, int(port)), secure=False) for host, _, port in hosts),
            saved_neighbors=files.get(KeptFile.NEIGHBORS, ""),
            discover=plan.discover,
            demands_credentials=False,
            features=plan.features,
        ),
        policy=files.get(KeptFile.POLICY, ""),
        limits=plan.limits,
    )


@dataclass(slots=True)
class Traffic:
    """What a router wrote to other routers."""

    messages: int = 0
    bytes: int = 0


class Host:
    """A machine with a router on it.

    Args:
        stage: Time, chance and journal.
        network: What connects it with others; the machine enters itself there.
        plan: How it is configured.
        make_core: Makes the router core; another than `Router` only to see whether the simulator notices.
    """

    def __init__(self, stage: Stage, network: Network, plan: Plan, make_core: CoreMaker = Router) -> None:
        self.stage, self.network, self.plan = stage, network, plan
        self.name, self.address = plan.name, plan.address
        self.powered = self.listening = False
        self.lives = 0
        self.boot_id = ""
        self.life: Life | None = None
        self.clocks = Clocks(stage, plan.monotonic_offset_s, plan.wall_skew_s)
        self.files: dict[KeptPath, str] = {}
        self.traffic = Traffic()
        self.changed: Callable[[], None] = lambda: None
        """Called when the router comes or goes."""
        self.operators_business = OPERATORS_BUSINESS
        self._make_core = make_core
        self._ends: dict[int, End] = {}
        self._peers: dict[int, LocalPeer] = {}
        self._links = 0
        self._tells_units = False
        network.machines[self.address] = self

    @property
    def core(self) -> Core | None:
        """The router core, while it runs."""
        return self.life.core if self.life else None

    def start(self) -> None:
        """Start the router: a new life with a new boot id, and the files the last one kept."""
        if self.life is not None:
            return
        self.lives += 1
        self.boot_id = str(uuid.UUID(int=self.stage.random.getrandbits(128), version=4))
        if not self.powered:
            self.powered = True
            self.network.power_up(list(self._ends.values()))
        self._ends, self._peers = {}, {}
        self.stage.journal.note(self.name, "START", f"life {self.lives}")
        self.life = Life(self.stage, self.name, self.clocks, self._do, exact_timer=self.plan.exact_timer)
        self.life.begin(self._make_core(self._config(), self.clocks.read()))
        self.listening = True
        self.changed()

    def crash(self, *, silently: bool) -> None:
        """End the router without a word: as kill -9 does or, silently, as a power cut does."""
        if self.life is not None:
            self.stage.journal.note(self.name, "CRASH", "silently" if silently else "")
            self._gone(silently=silently)
            self.powered = not silently

    def stop(self) -> None:
        """Ask the router to end in good order."""
        self.tell(StopRequested("SIGTERM"))

    def freeze(self, lasts_s: float) -> None:
        """Stop the router's process for a while."""
        if self.life is not None:
            self.stage.journal.note(self.name, "FREEZE", f"{lasts_s:.1f} s")
            self.life.freeze(lasts_s)

    def tell(self, event: Event) -> None:
        """Hand an event to the router, if it runs."""
        if self.life is not None:
            self.life.tell(event)

    def _gone(self, *, silently: bool) -> None:
        if self.life is not None:
            self.life.end()
        self.life = None
        self.listening = False
        for end in self._ends.values():
            self.network.abandon(end, silently=silently)
        peers, self._peers = self._peers, {}
        for peer in peers.values():
            peer.cut_off()
        self.changed()

    def _config(self) -> RouterConfig:
        return configuration(self.plan, self.boot_id, self.files)

    def _do(self, effect: Effect) -> None:
        life = self.life
        if life is None:
            return
        match effect:
            case Send(link, data):
                self._send(link, data)
            case Close(link, reason):
                self._close(life, link, reason)
            case Dial(dial, host, port):
                self.stage.journal.note(self.name, "<-", effect)
                self.network.dial(self, self.lives, dial, str(HostPort(host, port)))
            case Keep(file, content):
                self.stage.agenda.after(KEEPING_S, partial(self._keep, life, file, content))
            case Stop():
                self.listening = False
                self.stage.agenda.after(STOPPING_S, partial(self._stopped, life))
            case Notice():
                self._notice(effect)
            case TellUnits(enabled):
                self._tells_units = enabled
                for link in self._peers if enabled else ():
                    self.tell(_identified(link))
            case _:
                _answer(life, effect)

    def _notice(self, notice: Notice) -> None:
        if notice.level >= Level.ERROR and notice.event not in self.operators_business:
            raise ViolationError(f"{self.name}: {notice}")
        if notice.level >= Level.INFO:
            self.stage.journal.note(self.name, "<-", notice)

    def _keep(self, life: Life, file: KeptPath, content: str) -> None:
        if life is self.life:
            self.files[file] = content

    def _stopped(self, life: Life) -> None:
        if life is self.life:
            self._gone(silently=False)

    def _new_link(self) -> int:
        self._links += 1
        return self._links

    def _send(self, link: int, data: bytes) -> None:
        if not data.endswith(b"\n"):
            raise ViolationError(f"{self.name}: half a line was sent: {data[-80:]!r}")
        if link in self._ends:
            self.traffic.messages += data.count(b"\n")
            self.traffic.bytes += len(data)
            self.network.send(self._ends[link], data)
        elif link in self._peers:
            self.stage.agenda.after(LOCAL_S, partial(self._peers[link].heard, data))

    def _close(self, life: Life, link: int, reason: CloseReason) -> None:
        self.stage.journal.note(self.name, "<-", f"Close({link}, {reason})")
        if link in self._peers:
            self.stage.agenda.after(LOCAL_S, self._peers.pop(link).cut_off)
        elif link in self._ends:
            self.network.close(self._ends.pop(link))
        else:
            return
        life.tell(LinkClosed(link, reason))

    def connect(self, peer: LocalPeer) -> int:
        """A process of this machine connects to the router's Unix socket; the number of its link."""
        link = self._new_link()
        self._peers[link] = peer
        self.tell(LinkOpened(link, LinkKind.UNIX, "/run/bellwether/communicatord.sock", ROOT))
        if self._tells_units:
            self.tell(_identified(link))
        return link

    def write(self, link: int, lines: bytes) -> None:
        """A process of this machine writes to its link."""
        if link in self._peers:
            self.tell(LinesReceived(link, lines))

    def disconnect(self, link: int) -> None:
        """A process of this machine is gone."""
        if self._peers.pop(link, None) is not None:
            self.tell(LinkClosed(link, CloseReason.HUP))

    def has_connection(self, link: int, other: "Host") -> bool:
        """Whether a link leads to the router that runs on another machine now, and what is written to it arrives."""
        end = self._ends.get(link)
        if end is None or end.road.cut_since_s is not None:
            return False
        return end.is_open and end.peer.is_open and end.peer.machine is other

    def connected(self) -> frozenset[str]:
        """The machines to which a connection is open."""
        ends = (end for end in self._ends.values() if end.is_open and end.peer.is_open)
        return frozenset(end.peer.machine.name for end in ends)

    def lists(self, service: str) -> bool:
        """Whether its router knows of an instance that is up, here or elsewhere."""
        if not isinstance(self.core, Router):
            return False
        board = self.core._board  # noqa: SLF001 - what it knows at this moment, and no question may change
        told = board.mesh.directory.instances(service)
        return board.registry.live(service) is not None or any(instance.state == "up" for instance in told)

    def reset_links_over(self, road: Road) -> None:
        """Tear down the connections over a road."""
        for end in [end for end in self._ends.values() if end.road is road]:
            self.network.reset(end)

    def link_opened(self, end: End, dial: int | None) -> None:
        """Another machine has connected, or our dial has come through."""
        if dial is not None and (end.life != self.lives or self.life is None):
            self.network.reset(end)
            return
        end.life = self.lives
        end.link = self._new_link()
        self._ends[end.link] = end
        self.tell(LinkOpened(end.link, LinkKind.REMOTE, end.peer_address, dial=dial))

    def dial_failed(self, life: int, dial: int, reason: str) -> None:
        """A dial came to nothing."""
        if life == self.lives:
            self.tell(DialFailed(dial, reason))

    def received(self, end: End, lines: bytes) -> None:
        """Lines have come over the network."""
        self._tell_of(end, LinesReceived(end.link, lines))

    def ended(self, end: End) -> None:
        """The peer will write no more."""
        self._tell_of(end, LinkEnded(end.link))

    def closed(self, end: End) -> None:
        """The connection was reset."""
        self._tell_of(end, LinkClosed(end.link, CloseReason.HUP))
        self._ends.pop(end.link, None)

    def _tell_of(self, end: End, event: Event) -> None:
        if end.link in self._ends:
            self.tell(event)


def _identified(link: int) -> UnitIdentified:
    """Each peer is a process of its own, in a unit of its own."""
    return UnitIdentified(link, Process(1000 + link, f"/system.slice/peer-{link}.service"))


def _answer(life: Life, question: Effect) -> None:
    """Answer what a core asks of its shell."""
    match question:
        case CheckCredential(link):
            life.answer_later(link, CredentialChecked(link, None))
        case Continue(link):
            life.answer_later(link, Continued(link))
        case Measure(link):
            life.answer(Measured(link, ()))
        case Identify(link):
            life.answer(UserIdentified(link, ROOT))
        case _:
            pass
