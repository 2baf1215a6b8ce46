"""PURE: where hosts may be probed, by what the router knows of their addresses; it asks nobody, and time is an argument.

A host says itself where it answers probes. Were it believed whatever it says, one host could have all others send probes
to somebody who has never asked for them. So it is probed at the address of its router only, and not at all where nobody
knows that one; but on loopback by those who answer there too, since they share a machine.
"""

from collections.abc import Mapping

import msgspec

from communicator.answers.clusters import Graph
from communicator.errors import AddressError
from communicator.protocol import HostPort, parse_host_port
from communicator.protocol.addresses import plain_ip

AGAIN_S = 60.0
"""How often the router is asked at most: a host may have moved, and one that says nonsense says it again and again."""


class KnownAddresses:
    """What the router has told of the addresses of hosts."""

    def __init__(self) -> None:
        self._known: dict[str, HostPort] = {}
        """Where the router of each host is, as far as it tells."""
        self._asked_s = float("-inf")
        self._refused: dict[str, HostPort] = {}

    def is_due(self, told: Mapping[str, HostPort], now_s: float) -> bool:
        """Whether the router is to be asked, for what was told does not fit what is known, or nothing is known of a host.

        Args:
            told: Where each host says that it answers probes.
            now_s: Now, on a monotonic clock, in seconds.
        """
        fit = all(host in self._known and self._may_be(host, address, None) for host, address in told.items())
        return not fit and now_s - self._asked_s >= AGAIN_S

    def learn(self, graph: str, now_s: float) -> None:
        """The router has been asked for CLUSTER_GRAPH.

        Args:
            graph: Parameter `graph` of its answer; empty where there was none, and what was known stays.
            now_s: Now, on a monotonic clock, in seconds.
        """
        self._asked_s = now_s
        try:
            nodes = msgspec.json.decode(graph, type=Graph).nodes
        except (ValueError, RecursionError):
            return
        found = {node.server: _read(node.address or "") for node in nodes}
        self._known = {host: address for host, address in found.items() if address is not None}

    def accept(self, told: Mapping[str, HostPort], own: HostPort | None) -> dict[str, HostPort]:
        """Those that may be probed: at an address of theirs.

        Args:
            told: Where each host says that it answers probes.
            own: Where this one does; None where it does not.
        """
        return {host: address for host, address in told.items() if self._may_be(host, address, own)}

    def news(self, told: Mapping[str, HostPort], own: HostPort | None) -> dict[str, str]:
        """Why a host is not probed, of those that were not refused for the same address before, by host.

        Args:
            told: Where each host says that it answers probes.
            own: Where this one does; None where it does not, and so probes nobody anyway.
        """
        accepted = told if own is None else self.accept(told, own)
        refused = {host: address for host, address in told.items() if host not in accepted}
        before, self._refused = self._refused, refused
        return {
            host: f"{self._why_not(host, address)}: it is measured through the routers until then"
            for host, address in refused.items()
            if before.get(host) != address
        }

    def _may_be(self, host: str, address: HostPort, own: HostPort | None) -> bool:
        known = self._known.get(host)
        if known is None:
            return address.is_loopback and own is not None and own.is_loopback
        return plain_ip(known.host) == plain_ip(address.host)

    def _why_not(self, host: str, address: HostPort) -> str:
        known = self._known.get(host)
        if known is None:
            return "nobody knows where that host is: cluster.my_address of its router has to name an address of it"
        if _is_v6(known) != _is_v6(address):
            families = ("IPv4", "IPv6") if _is_v6(known) else ("IPv6", "IPv4")
            return f"it is {families[0]}, but the router there is at {known}: probe_listen there has to be {families[1]} too"
        return f"it is none of that host, whose router is at {known}: probe_listen there has to be that address"


def _is_v6(address: HostPort) -> bool:
    return ":" in plain_ip(address.host)


def _read(text: str) -> HostPort | None:
    """An address that tells where a host is; a router that nobody dials names its loopback."""
    try:
        address = parse_host_port(text)
    except AddressError:
        return None
    return None if address.is_loopback or address.is_unspecified else address
