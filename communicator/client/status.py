"""PURE: what the router last said of the cluster, of this host's clock and of our version, as values; it asks nobody."""

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.values import parse_integer


class ClusterStatus(msgspec.Struct, frozen=True):
    """The cluster as this host's router sees it; what an elder router does not tell is None or empty."""

    status: str = ""
    """``up`` (there is a quorum) or ``down``."""
    completeness: str = ""
    """``complete`` (every server that counts is reached) or ``incomplete``."""
    neighbors_count: int | None = None
    """Servers that count, this one included."""
    live_count: int | None = None
    """Those that are reached now, this one included."""
    quorum: int | None = None
    """How many must be live for ``up``."""
    servers: tuple[str, ...] = ()
    """The names of all servers that are reached, also of those that do not count."""
    missing: tuple[str, ...] = ()
    """Names, or addresses where no name is known, of the servers that count and are not reached."""
    uncounted: tuple[str, ...] = ()
    """Names of the servers that are reached and do not count: this router was never linked to them, and fewer than two others
    that count are."""
    other_orders: tuple[str, ...] = ()
    """Names of the servers that are reached and whose routers obey other orders of operators than this one: one is behind."""

    @property
    def is_up(self) -> bool:
        """Whether there is a quorum."""
        return self.status == "up"


class ClockStatus(msgspec.Struct, frozen=True):
    """Whether the wall clock of this host may be trusted."""

    is_stable: bool
    resolution: str = ""
    """When stable: ``verified`` (a time daemon keeps it) or ``no_ntp`` (there is none to ask)."""
    error: str = ""
    """When not: why. ``checking``: not known yet. ``invalid``: kept by nobody, or wrong. ``false_claim``, ``cluster_off``,
    ``contradicted`` and ``no_majority``: what the other hosts find (docs/clock.md)."""


class Blocked(msgspec.Struct, frozen=True):
    """This version is blocked on this server."""

    reason: str
    until_s: float | None
    """For how long, in seconds from when the router said so; None when it is not limited."""
    probe_allowed: bool
    """Whether the service registers as ``role=probe`` meanwhile."""


_ELDER_STATUS = {"CLUSTER_UP": "up", "CLUSTER_DOWN": "down"}
_ELDER_COMPLETENESS = {"CLUSTER_COMPLETE": "complete", "CLUSTER_INCOMPLETE": "incomplete"}
CLUSTER_COMMANDS = frozenset(("CLUSTER_CURRENT_STATUS", *_ELDER_STATUS, *_ELDER_COMPLETENESS))
"""What tells the state of the cluster: ours in one message, the ancestor's in two."""
CLOCK_COMMANDS = frozenset(("CLOCK_STABLE", "CLOCK_UNSTABLE"))
"""What tells the state of the clock."""


def read_cluster_status(message: Message, known: ClusterStatus | None) -> ClusterStatus:
    """Bring the known state of the cluster up to date.

    Args:
        message: One of `CLUSTER_COMMANDS`.
        known: What was known before.

    Returns:
        What is known now; a number that is none is left out.
    """
    if message.command == "CLUSTER_CURRENT_STATUS":
        return ClusterStatus(
            status=message.get("status"),
            completeness=message.get("completeness"),
            neighbors_count=_count(message, "neighbors_count"),
            live_count=_count(message, "live_count"),
            quorum=_count(message, "quorum"),
            servers=_names(message, "servers"),
            missing=_names(message, "missing"),
            uncounted=_names(message, "uncounted"),
            other_orders=_names(message, "other_orders"),
        )
    known = known or ClusterStatus()
    return msgspec.structs.replace(
        known,
        status=_ELDER_STATUS.get(message.command, known.status),
        completeness=_ELDER_COMPLETENESS.get(message.command, known.completeness),
        neighbors_count=_count(message, "neighbors_count"),
    )


def read_clock_status(message: Message) -> ClockStatus:
    """Read one of `CLOCK_COMMANDS`."""
    if message.command == "CLOCK_STABLE":
        return ClockStatus(is_stable=True, resolution=message.get("clock_resolution"))
    return ClockStatus(is_stable=False, error=message.get("clock_error"))


def _names(message: Message, name: str) -> tuple[str, ...]:
    return tuple(part for part in message.get(name).split(",") if part)


def _count(message: Message, name: str) -> int | None:
    try:
        return parse_integer(message.get(name))
    except RemoteProtocolError:
        return None
