"""PURE: which hosts this one probes, and which it asks through the routers; it does neither."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from communicator.protocol import HostPort
from timekeeper.probes.overlay import choose_peers


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom this host measures."""

    probed: Mapping[str, HostPort]
    """Where each of those answers that it probes."""
    routed: frozenset[str]
    """Those that it asks through the routers, since they answer no probes, or we ask none."""


def assign(own: str, answering: Mapping[str, HostPort], members: Collection[str], *, may_probe: bool) -> Assignment:
    """Divide the work.

    Args:
        own: This host.
        answering: Where the other hosts answer probes, as far as they do.
        members: All hosts of the cluster.
        may_probe: Whether this host probes, and answers probes, at all.
    """
    probed = choose_peers(own, {own, *answering}) if may_probe else frozenset()
    beside = choose_peers(own, {own, *answering, *members})
    routed = beside - answering.keys() if may_probe else beside
    return Assignment({host: answering[host] for host in probed}, routed)
