"""What carries lines between routers, as the core sees it: which link leads to which server; links may lead to many."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from communicator.router.registry import Link


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

    A line carries its destination itself: ``server:service/COMMAND``, or the parameter ``broadcast_to`` with the servers it is
    for. So one link may lead to many routers (a bus), and many links to one. Lines handed over for one server arrive in the order
    they were handed over, each at most once, as long as the way there does not change.
    """

    def hop(self, server: str) -> Hop | None:
        """The next step towards a server; None when no way is known now."""

    def cost(self, server: str) -> float | None:
        """What the whole way costs, in hops or what weighs as much; None when there is none."""

    def servers(self) -> frozenset[str]:
        """Every other server that can be reached now."""

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
