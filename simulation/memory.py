"""A bus in memory, and the carrier that leads over it: one link to every other router; what later carriers may look like."""

from collections.abc import Callable
from functools import partial

from communicator.protocol.line_form import decode
from communicator.protocol.names import is_server_name
from communicator.router.vocabulary.carrier import Hop
from communicator.router.vocabulary.events import LinesReceived, LinkKind, LinkOpened, ServersReached
from communicator.router.vocabulary.records import Leaf
from communicator.router.vocabulary.registry import Link
from simulation.agenda import Agenda
from simulation.host import Host

BUS = "bus"
"""What the shell calls the other end of a link to one."""
DELAY_S = 0.001


class MemoryCarrier:
    """Everyone on the bus is one step away.

    Args:
        own: The name of the router.
    """

    def __init__(self, own: str) -> None:
        self.generation = 0
        self._own = own
        self._bus: Link | None = None
        self._servers: frozenset[str] = frozenset()

    def opened(self, link: Link) -> bool:
        """See `Carrier`."""
        if link.address != BUS:
            return False
        self._bus = link
        return True

    def closed(self, link: Link) -> None:
        """See `Carrier`."""
        if link is self._bus:
            self.reached(link, frozenset())
            self._bus = None

    def reached(self, link: Link, servers: frozenset[str]) -> None:
        """See `Carrier`."""
        if link is self._bus:
            self._servers = servers - {self._own}
            self.generation += 1

    def onward(self, source: Link | None) -> list[Link]:
        """See `Carrier`: what came over the bus everyone has heard."""
        return [self._bus] if self._bus is not None and source is None else []

    def hop(self, server: str) -> Hop | None:
        """See `Carrier`."""
        return Hop(self._bus, is_last=True) if self._bus is not None and server in self._servers else None

    def cost(self, server: str) -> float | None:
        """See `Carrier`."""
        if server == self._own:
            return 0.0
        return 1.0 if server in self._servers else None

    def reachable(self) -> frozenset[str]:
        """See `Carrier`."""
        return self._servers

    def leaf(self, _server: str) -> Leaf | None:
        """See `Carrier`: a router without a directory cannot be on a bus."""
        return None

    def may_carry(self, link: Link, server: str, _now_s: float) -> bool:
        """See `Carrier`: whoever has just left may still be heard, but that cannot matter to anyone."""
        return link is self._bus and server in self._servers

    def path(self, server: str) -> tuple[str, ...]:
        """See `Carrier`."""
        return (self._own, server) if server in self._servers else ()


class MemoryBus:
    """Hands each line to those it is for.

    Args:
        agenda: Virtual time.
        passes: Called with the sender, the receiver and the line; whether it arrives.
    """

    def __init__(self, agenda: Agenda, passes: Callable[[str, str, bytes], bool]) -> None:
        self._agenda = agenda
        self._passes = passes
        self._members: dict[str, tuple[Host, int]] = {}

    def attach(self, host: Host, link: int) -> None:
        """A router has connected; the others hear of it before they hear from it."""
        self._members[host.name] = (host, link)
        self._tell_all()
        host.tell(LinkOpened(link, LinkKind.SECURE, BUS))

    def detach(self, host: Host) -> None:
        """A router is no longer connected; it is told by whoever does this."""
        if self._members.pop(host.name, None) is not None:
            self._tell_all()

    def _tell_all(self) -> None:
        for host, link in list(self._members.values()):
            event = ServersReached(link, frozenset(self._members) - {host.name})
            self._agenda.after(DELAY_S, partial(host.tell, event))

    def carry(self, sender: Host, lines: bytes) -> None:
        """A router has written lines."""
        reads: dict[str, list[bytes]] = {}
        for line in lines.splitlines(keepends=True):
            for name in self._receivers(sender.name, line):
                if self._passes(sender.name, name, line):
                    reads.setdefault(name, []).append(line)
        for name, read in reads.items():
            host, link = self._members[name]
            self._agenda.after(DELAY_S, partial(host.tell, LinesReceived(link, b"".join(read))))

    def _receivers(self, sender: str, line: bytes) -> list[str]:
        message = decode(line)
        told = message.get("broadcast_to")
        if told:
            wanted = told.split(",")
        elif is_server_name(message.server):
            wanted = [message.server]
        else:
            wanted = sorted(self._members)
        return [name for name in wanted if name in self._members and name != sender]
