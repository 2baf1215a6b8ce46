"""What carries lines between routers, as the core sees it: which link leads to which server; links may lead to many."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from communicator.router.vocabulary.records import Leaf
from communicator.router.vocabulary.registry import Link


class Hop(NamedTuple):
    """The next step towards a server."""

    link: Link
    """Whom to hand the line to."""
    is_last: bool
    """Whoever is handed it is the server itself."""
    is_leaf: bool = False
    """The server keeps no directory: parameters that routers write for each other mean nothing to it."""


class Carrier(Protocol):
    """Brings lines to other routers. The mesh of links is one; whatever passes tests/carrier may take its place.

    It only knows: which link leads to whom, at which cost, who may have sent what. It is told what changes, and sends nothing;
    the core hands lines to the links it names. What a link does with them is the shell's business, and so are signs of life on
    a bus: the shell says `ServersReached` when somebody has come or gone, before it hands on what a newcomer says.

    A line carries its destination itself, and whoever delivers lines of a bus goes by that:

    - the parameter ``broadcast_to`` names the servers it is for, each of which gets this one copy;
    - else ``server:service/COMMAND`` names the one it is for;
    - else (what routers say to each other, LINK_STATE above all) it is for everyone but its sender.

    So one link may lead to many routers, and many links to one. Lines handed over for one server arrive in the order they were
    handed over, each at most once, as long as the way there does not change. Only routers may write to a bus, each under its own
    name and those of its services: the shell proves that, by what it gives credentials for.
    """

    @property
    def generation(self) -> int:
        """Grows with each change of `reachable` or `leaf`."""

    def opened(self, link: Link) -> bool:
        """A link has opened; whether it is a bus of this carrier, over which routers may speak without a handshake."""

    def closed(self, link: Link) -> None:
        """A bus is gone, and with it the ways over it; said at least once."""

    def reached(self, link: Link, servers: frozenset[str]) -> None:
        """These servers, and no others, are now reached over a bus."""

    def onward(self, source: Link | None) -> list[Link]:
        """The links over which news of routers is told to everyone else.

        Args:
            source: Where it came from; None when it is our own.
        """

    def hop(self, server: str) -> Hop | None:
        """The next step towards a server; None when no way is known now."""

    def cost(self, server: str) -> float | None:
        """What the whole way costs, in hops or what weighs as much; None when there is none."""

    def reachable(self) -> frozenset[str]:
        """Every other server that can be reached now."""

    def leaf(self, server: str) -> Leaf | None:
        """What is known of a server that keeps no directory; None for any other."""

    def may_carry(self, link: Link, server: str, now_s: float) -> bool:
        """Whether a line that comes over this link may have been sent by a service of this server."""

    def path(self, server: str) -> tuple[str, ...]:
        """The servers on the way, ours first, the last one the server itself; empty when there is none."""


def group_by_hop(carrier: Carrier, servers: Iterable[str]) -> dict[Hop, list[str]]:
    """Which of these servers are reached by the same next step, so that one copy serves them; those out of reach are left out."""
    groups: dict[Hop, list[str]] = {}
    for server in sorted(servers):
        hop = carrier.hop(server)
        if hop is not None:
            groups.setdefault(hop._replace(is_last=False) if not hop.is_leaf else hop, []).append(server)
    return groups
