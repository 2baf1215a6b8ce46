"""Whom a leaf knows, and when it dials or gossips; it sends nothing."""

import ipaddress
from dataclasses import dataclass, field

from communicator.protocol.addresses import parse_host_port
from communicator.router.vocabulary.events import Instant
from simulation.leaf.connection import Connection

REDIAL_S = 60.0
"""A router that refused or was lost is dialled again on a grid of this step, from the first dial on."""
REDIAL_DISCONNECTED_S = 300.0
REDIAL_REFUSED_S = 86_400.0
GOSSIP_FIRST_S = 5.0
GOSSIP_LONGEST_S = 3600.0
NEVER_S = float("inf")


def ip_of(address: str) -> str:
    """The host of ``IP:port``."""
    return parse_host_port(address).host


def rank(address: str) -> tuple[int, int]:
    """What addresses are compared and sorted by."""
    host_port = parse_host_port(address)
    return int(ipaddress.ip_address(host_port.host)), host_port.port


def first_of(neighbors: str) -> str:
    """The only address that is read of a list with commas."""
    return neighbors.partition(",")[0].strip()


@dataclass(slots=True, eq=False)
class Smaller:
    """A router with a smaller address: this one dials it."""

    address: str
    due_s: float
    """When it is dialled, unless it is linked; on the monotonic clock."""
    step_s: float = REDIAL_S
    dial: int | None = None
    """The dial that has not been answered yet."""
    connection: Connection | None = None
    server: str = ""
    met: bool = False
    """It has said ACCEPT, and not DISCONNECT since: it counts as linked even while it is away."""
    lost: bool = False
    """The link broke without a word, and no client has been told yet."""
    up_since: int = 0
    down_since: int = 0


@dataclass(slots=True, eq=False)
class Larger:
    """An address that is told to dial this router: one with a larger address, or the port an accepted connection came from."""

    address: str
    due_s: float
    delay_s: float = GOSSIP_FIRST_S
    dial: int | None = None


@dataclass(slots=True)
class Neighbors:
    """All addresses that a router knows."""

    own: str
    known: set[str] = field(default_factory=set)
    """What stands in neighbors.txt."""
    smaller: dict[str, Smaller] = field(default_factory=dict)
    larger: dict[str, Larger] = field(default_factory=dict)
    _last_start_s: int = 0
    """Dials of one router are a second apart, on whole seconds of the wall clock."""

    def learn(self, address: str, now: Instant) -> None:
        """An address is heard of; it may be known already."""
        if not address or address in self.known:
            return
        self.known.add(address)
        if rank(address)[0] < rank(self.own)[0]:
            self.smaller.setdefault(address, Smaller(address, NEVER_S)).due_s = self._start_s(now)
        elif rank(address)[0] > rank(self.own)[0]:
            self.larger[address] = Larger(address, now.monotonic_s + GOSSIP_FIRST_S)

    def _start_s(self, now: Instant) -> float:
        wall_s = now.wall_ns / 1e9
        self._last_start_s = max(self._last_start_s + 1, int(wall_s))
        return now.monotonic_s + max(0.0, self._last_start_s - wall_s)

    def connected(self, address: str, now: Instant) -> None:
        """A router has dialled us and said its address."""
        self.learn(address, now)
        self.larger.pop(address, None)

    def forget(self, address: str) -> None:
        """An operator takes an address off the list; a link with it stays, but it is not dialled until it is heard of again."""
        self.known.discard(address)
        if address in self.smaller:
            self.smaller[address].due_s = NEVER_S

    def gossip_to_port(self, port: str, now: Instant) -> None:
        """An accepted connection is gone: its port is gossiped to on our own host, which means nothing to anyone.

        The address counts and not the port, so that the first one lost stands for all that follow.
        """
        own_ip = ip_of(self.own)
        if all(ip_of(address) != own_ip for address in self.larger):
            address = f"{own_ip}:{port}"
            self.larger[address] = Larger(address, now.monotonic_s + GOSSIP_FIRST_S)

    def next_due_s(self) -> float | None:
        """When the next dial is due."""
        waiting = [n.due_s for n in self.smaller.values() if n.connection is None and n.dial is None]
        waiting += [n.due_s for n in self.larger.values() if n.dial is None]
        return min((due_s for due_s in waiting if due_s < NEVER_S), default=None)

    def due(self, now_s: float) -> list[Smaller | Larger]:
        """Whom to dial now; their next time is set."""
        found: list[Smaller | Larger] = []
        for neighbor in self.smaller.values():
            if neighbor.connection is None and neighbor.dial is None and neighbor.due_s <= now_s:
                _step_on(neighbor, now_s)
                found.append(neighbor)
        for larger in self.larger.values():
            if larger.dial is None and larger.due_s <= now_s:
                larger.delay_s = min(larger.delay_s * 2, GOSSIP_LONGEST_S)
                larger.due_s = now_s + larger.delay_s
                found.append(larger)
        return found

    def lost(self, neighbor: Smaller, now_s: float) -> None:
        """The connection to a router that we dialled is gone."""
        neighbor.connection = None
        if neighbor.due_s < now_s:
            _step_on(neighbor, now_s)

    def awaited(self) -> frozenset[str]:
        """Addresses that are not linked, and dialled or gossiped to."""
        unlinked = [
            each.address for each in self.smaller.values() if not (each.connection and each.connection.is_router)
        ]
        return frozenset((*unlinked, *self.larger))

    def text(self) -> str:
        """The lines of neighbors.txt."""
        return "".join(f"{address}\n" for address in sorted(self.known, key=rank))


def _step_on(neighbor: Smaller, now_s: float) -> None:
    while neighbor.due_s <= now_s:
        neighbor.due_s += neighbor.step_s
