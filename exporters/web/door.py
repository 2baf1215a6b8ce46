"""PURE: who may have a connection, counted by address; it opens and closes none."""

import ipaddress
from collections import Counter

_NETWORK_BITS = 64
"""Who has one IPv6 address has as many as these leave (RFC 4291, section 2.5.1)."""


class Door:
    """Counts connections.

    Args:
        connections: So many at once.
        connections_per_address: So many of one address.
    """

    def __init__(self, connections: int, connections_per_address: int) -> None:
        self._most = connections
        self._most_per_address = connections_per_address
        self._held: Counter[str] = Counter()
        self._count = 0
        self.kept_out = 0
        """How many were refused, or left early for another."""

    def __len__(self) -> int:
        return self._count

    def enter(self, address: str) -> bool:
        """Whether one more from an address may come in; it counts until `leave`."""
        if self._is_full or self._is_greedy(address):
            self.kept_out += 1
            return False
        self._held[address_key(address)] += 1
        self._count += 1
        return True

    def needs_room(self, address: str) -> bool:
        """Whether one more from an address may come in only if another leaves."""
        return self._is_full and not self._is_greedy(address)

    @property
    def _is_full(self) -> bool:
        return self._count >= self._most

    def _is_greedy(self, address: str) -> bool:
        return not is_loopback(address) and self._held[address_key(address)] >= self._most_per_address

    def leave(self, address: str) -> None:
        """One that came in is gone."""
        key = address_key(address)
        self._held[key] -= 1
        if not self._held[key]:
            del self._held[key]
        self._count -= 1


def is_loopback(address: str) -> bool:
    """Whether this is the machine itself."""
    try:
        return _parsed(address).is_loopback
    except ValueError:
        return False


def address_key(address: str) -> str:
    """What stands for all addresses that one host has easily; an IPv4 address in IPv6 form is that address."""
    try:
        parsed = _parsed(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004 - the version it is named after
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), _NETWORK_BITS), strict=False))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return (parsed.version == 6 and parsed.ipv4_mapped) or parsed  # noqa: PLR2004 - as above
