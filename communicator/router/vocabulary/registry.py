"""Links, the services registered on them, and routes: who is there, under which name and role; it sends nothing."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Literal, NamedTuple

import msgspec

from communicator.answers.policy import Colour
from communicator.answers.services import Instance, Role
from communicator.protocol.addresses import HostPort
from communicator.protocol.long_lines import Reading
from communicator.protocol.message import Message
from communicator.router.vocabulary.copies import Copied
from communicator.router.vocabulary.effects import QueuePolicy
from communicator.router.vocabulary.events import Credential, LinkKind, Process, User
from communicator.router.vocabulary.telltales import Telltale

HEARD_KEPT = 1024
"""Services of which is kept which commands came to them; the one that came first goes."""
HEARD_EARLY = 1024
"""Commands kept of those that came to a service before it listed its own."""
DIRECTORY = "directory/1"
"""The feature of a router that exchanges link states, and so knows who is where."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One life of one service on one link."""

    service: str
    role: Role
    run_id: str
    up_since_s: int
    """Seconds since the epoch."""
    version: str = ""
    build: str = ""
    config_hash: str = ""
    pid: int | None = None
    metrics_port: int | None = None
    probe_port: int | None = None
    user: str = ""
    """Whose process it is, never empty once it is registered: see `communicator.router.features.registration`."""
    by_owner: bool = False
    """Whether that user may order about the service."""
    is_put_behind: bool = False
    """It has asked for another role: the fence made a shadow of it."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """The router at the other end of a link, once it has shown who it is."""

    server: str
    address: str
    """``IP:port`` under which the cluster knows it."""
    boot_id: str = ""
    """Empty for a leaf."""
    features: frozenset[str] = frozenset()
    services: tuple[str, ...] = ()
    """What CONNECT or ACCEPT listed: all we know of a leaf's services."""

    @property
    def is_leaf(self) -> bool:
        """Whether it keeps no directory, as a C++ communicatord: nothing is sent through it, only to it."""
        return DIRECTORY not in self.features


class Party(NamedTuple):
    """A service somewhere in the cluster."""

    server: str
    service: str


class Behind(NamedTuple):
    """Why something is behind the fence, and behind that of which shadow, where that is known."""

    reason: str
    """A word of `communicator.router.cores.fence`."""
    service: str = ""
    version: str = ""


class Link(msgspec.Struct, eq=False):
    """One peer, as far as the router cares."""

    id: int
    kind: LinkKind
    address: str
    user: User | None = None
    user_known: bool = False
    registration: Registration | None = None
    prefix: bytes = b""
    """What is written in front of each line it sends: ``<server:service `` once it has registered."""
    commands: set[str] = set()
    commands_known: bool = False
    """It has listed its commands at least once."""
    heard: set[str] = set()
    """What came to its version since the router started; all live runs of a version share it."""
    is_parked: bool = False
    """Something was asked of the shell, and nothing else of this link is dealt with before the answer."""
    parked: bytes = b""
    """Lines that wait for that answer."""
    reading: Reading | None = None
    """Of the first of them, where that is a long line: it takes several turns."""
    held: bool = False
    """The shell holds it up: what it does not answer now is not its fault."""
    ended: bool = False
    """The peer will write no more."""
    line_limit_bytes: int = 0
    """The limit that its next line has passed; 0 while none has."""
    closing: bool = False
    refusals: int = 0
    """How many of its messages were refused."""
    faults: int = 0
    """How many were not as they were defined, and passed on nevertheless."""
    queue: QueuePolicy = QueuePolicy.DISCONNECT
    """What the shell was told to do when it reads too slowly."""
    drops: int = 0
    """How often something that waited for it was thrown away."""
    lines_dropped: int = 0
    dial: int | None = None
    """The number of the dial it answers; None when the peer came to us."""
    certificate: frozenset[str] | None = None
    """The names in the peer's certificate, when it showed one that was verified."""
    peer: Peer | None = None
    """Which router is at the other end, once it was accepted."""
    is_bus: bool = False
    """It leads to many routers: no handshake, no heartbeat, and whoever speaks signs each line."""
    credential: Credential | None = None
    """What its password has opened."""
    unproven: Message | None = None
    """What it wants, once it was asked to prove that it has the cluster's key."""
    proven: str = ""
    """Which server it has proven to be, where we dialled it."""
    routes: "dict[bytes, Route | None]" = {}
    """On a router's link: front of a line to its route; None where the line must be read."""
    routes_of: int = -1
    """Which `Switchboard.route_changes` they belong to."""
    told: "tuple[Registration, int, object, Instance] | None" = None
    """Its instance as others are told of it, and the registration, the number of commands and the configuration that it says."""
    copied: Copied | None = None
    """Who is told of what goes to it and what it says, since shadows get copies of that."""
    process: Process | None = None
    """At the other end, where the shell was asked to tell."""
    fence: Behind | None = None
    """Why what it says reaches nobody else; None: it is free."""
    asked: str = ""
    """The serial of the canary's newest ALIVE to it, until it has answered: so much a shadow may say to the canary."""
    answers_to: Party | None = None
    """Who asked over the mesh: this is then no link of its own, but a way to answer over one."""

    @property
    def name(self) -> str:
        """How logs and statistics call it: the service, or the door and the peer's address."""
        if self.registration is None:
            return self.peer.server if self.peer else f"{self.kind}:{self.address}"
        role = self.registration.role
        return self.registration.service if role is Role.LIVE else f"{self.registration.service}({role})"

    @property
    def source(self) -> str:
        """Who answers for what comes over it, where each has a share of something: a user, a password, another router."""
        if self.user is not None:
            return f"user {self.user.name}"
        if self.credential is not None:
            return f"password {self.credential.username}"
        return f"router {self.peer.server}" if self.peer else f"{self.kind}"

    @property
    def ip(self) -> str:
        """The address of the host at the other end, as the kernel has it."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def is_loopback(self) -> bool:
        """Whether the other end is on this machine."""
        return HostPort(self.ip, 0).is_loopback

    @property
    def is_router(self) -> bool:
        """Whether routers are at the other end: one that was accepted or, on a bus, many."""
        return self.peer is not None or self.is_bus

    @property
    def is_leaf(self) -> bool:
        """Whether a router that keeps no directory is at the other end."""
        return self.peer is not None and self.peer.is_leaf

    @property
    def is_stranger(self) -> bool:
        """Whether it comes from another host and has not shown who it is."""
        return self.registration is None and self.kind.is_remote and not self.is_router

    def hear(self, command: str) -> None:
        """A message with this command goes to it, or lines with it do from now on."""
        if command in self.commands or (not self.commands_known and len(self.heard) < HEARD_EARLY):
            self.heard.add(command)

    def accepts(self, command: str) -> bool:
        """Whether the router's own broadcast of this command goes there."""
        return self.registration is not None and command in self.commands

    def may_take_answer(self, command: str) -> bool:
        """Whether an answer that the ancestor keeps from those who listed their commands without it may go there."""
        return not self.commands_known or command in self.commands


class Route(NamedTuple):
    """Where lines with one front go, and what is written in place of that front."""

    targets: tuple[Link, ...]
    kind: Literal["local", "broadcast", "next_hop"]
    cut: int = 0
    """So many bytes of each line are taken off,"""
    written: bytes = b""
    """and this is put there, behind the prefix of the sender."""
    telltales: tuple[Telltale, ...] = ()
    """A line with one of these must be read."""
    not_first: tuple[bytes, ...] = ()
    """So must a line that has one of these names right behind its front."""
    is_checked: bool = True
    """Its lines are held to their definitions on this host, where messages are."""


class Registry:
    """Every link by number, and every registration by name and role."""

    def __init__(self) -> None:
        self.links: dict[int, Link] = {}
        self.colours: Mapping[str, Colour] = {}
        """Of the services that have some."""
        self._of: dict[str, list[Link]] = {}
        """Every registration of a service, the holder of its name first; none of a service without any."""
        self._heard: dict[str, tuple[Registration, set[str]]] = {}
        """By service, its newest live registration, and which commands came to its version."""

    def __len__(self) -> int:
        """How many registrations there are, whatever their role."""
        return sum(1 for _ in self.registered())

    def holder(self, service: str) -> Link | None:
        """The one registration on this host that holds the name of a service."""
        first = self._of[service][0] if service in self._of else None
        return first if first and first.registration and first.registration.role is Role.LIVE else None

    def live(self, service: str) -> Link | None:
        """The one instance on this host that gets the messages of a service.

        That is the holder of its name. Where the service has colours it is an active one: the holder if it is active, else the
        one that registered first.
        """
        colour = self.colours.get(service)
        if colour is None:
            return self.holder(service)
        return self._find(service, partial(_is_active, colour))

    def role_of(self, link: Link) -> Role | None:
        """What a registration is there for now: of a service that has colours one is live, and the others are on standby."""
        registration = link.registration
        if registration is None or not registration.role.hears_broadcasts or registration.service not in self.colours:
            return None if registration is None else registration.role
        return Role.LIVE if self.live(registration.service) is link else Role.STANDBY

    def find_version(self, service: str, version: str) -> Link | None:
        """The first instance of a version on this host that could be given work."""
        return self._find(service, lambda one: one.role.hears_broadcasts and one.version == version)

    def _find(self, service: str, fits: Callable[[Registration], bool]) -> Link | None:
        links = self._of.get(service, ())
        return next((link for link in links if link.registration and fits(link.registration)), None)

    def add(self, link: Link, registration: Registration) -> None:
        """Enter a registration; the link must have none, and the name must be free when the role is live.

        Raises:
            ValueError: Otherwise; nothing was changed.
        """
        is_holder = registration.role is Role.LIVE
        if link.registration is not None or (is_holder and self.holder(registration.service)):
            raise ValueError(f"{registration.service!r} cannot be registered: the link or the name is taken")
        link.registration = registration
        links = self._of.setdefault(registration.service, [])
        links.insert(0 if is_holder else len(links), link)
        if is_holder:
            link.heard = self._heard_of(registration)

    def _heard_of(self, registration: Registration) -> set[str]:
        known, heard = self._heard.pop(registration.service, (registration, set[str]()))
        is_same = (known.version, known.build) == (registration.version, registration.build)
        self._heard[registration.service] = registration, heard if is_same else set()
        if len(self._heard) > HEARD_KEPT:
            del self._heard[next(iter(self._heard))]
        return self._heard[registration.service][1]

    def remove(self, link: Link) -> None:
        """Take the registration of a link out; the link itself stays."""
        registration = link.registration
        if registration is None:
            return
        links = self._of[registration.service]
        links.remove(link)
        if not links:
            del self._of[registration.service]
        link.registration = None
        link.prefix = b""

    def find_run(self, service: str, run_id: str) -> Link | None:
        """The link of one run of a service, whatever its role; None where it is over."""
        return self._find(service, lambda one: one.run_id == run_id)

    def registered(self) -> Iterator[Link]:
        """Every link that holds a registration."""
        return chain.from_iterable(self._of.values())

    def listeners(self, command: str) -> tuple[Link, ...]:
        """The links a broadcast of a service goes to; where a service has colours, those that are active."""
        listed = ((link, link.registration) for link in self.registered() if command in link.commands)
        return tuple(link for link, one in listed if one and _is_active(self.colours.get(one.service), one))


def _is_active(colour: Colour | None, one: Registration) -> bool:
    return one.role.hears_broadcasts and (colour is None or colour.fits(one.version, one.build))
