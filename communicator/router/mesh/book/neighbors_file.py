"""Addresses of routers as text, and neighbors.txt in the ancestor's format; it opens no file and looks no name up."""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from communicator.protocol.addresses import REMOTE_PORT, HostPort, parse_host_port

Order = tuple[int, int, int]
"""What addresses are compared by: the version of IP, the number of the host, the port."""
NO_ORDER = (0, 0, 0)
"""Of a name, and of a number that means something on one host only."""

HEADER = (
    "# The routers of this cluster, one IP:port per line, this one included.",
    "# Written by communicatord whenever it learns more; the comments below are its own notes.",
)
ADDRESSES_CACHED = 4_096
"""The same few addresses are read from every message of every router: twice the addresses of a large cluster, and some."""
_LIMITED_BROADCAST = ipaddress.IPv4Address("255.255.255.255")


@lru_cache(maxsize=ADDRESSES_CACHED)
def parse_cluster_address(text: str) -> HostPort | None:
    """Read the ``IP:port`` a router can be reached at.

    Returns:
        Host and port in their one spelling; None for a name, for an address that is no single host's, and without a port.
    """
    try:
        host_port = parse_host_port(text.strip())
        ip = ipaddress.ip_address(host_port.host)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    is_one_hosts = not (ip.is_unspecified or ip.is_multicast or ip == _LIMITED_BROADCAST)
    if not is_one_hosts or host_port.port == 0 or "%" in host_port.host:  # a scope means something on one host only
        return None
    return HostPort(str(ip), host_port.port)


def is_larger(address: str, other: str) -> bool:
    """Whether one router's address is larger than another's, so that it dials: by IP address, then by port.

    Args:
        address: An ``IP:port``; what is none is the smallest.
        other: Another one.
    """
    return order_of(address) > order_of(other)


@lru_cache(maxsize=ADDRESSES_CACHED)
def order_of(address: str) -> Order:
    """Where an ``IP:port`` stands among others; what is none comes first."""
    host_port = parse_cluster_address(address)
    if host_port is None:
        return NO_ORDER
    ip = ipaddress.ip_address(host_port.host)
    return (ip.version, int(ip), host_port.port)


@lru_cache(maxsize=ADDRESSES_CACHED)
def canonical(address: str) -> str:
    """The one spelling of an ``IP:port``; what is none is left as it is."""
    return str(parse_cluster_address(address) or address)


def with_port(text: str) -> str:
    """What another router names as a neighbor, with the usual port where it names none, as the ancestor takes it."""
    try:
        return str(parse_host_port(text, REMOTE_PORT))
    except ValueError:
        return text


class SavedNeighbors(NamedTuple):
    """What neighbors.txt says."""

    addresses: list[str]
    servers: dict[str, str]
    """Address, of a configured neighbor also by name, to the server that was proven to be there."""
    counted: list[str]
    """The servers that count for the quorum by their name."""
    forgotten: dict[str, int]
    """Address to when it was forgotten, in seconds since the epoch."""
    rejected: list[str]


def read(text: str) -> SavedNeighbors:
    """Read neighbors.txt: addresses parted by line ends, blanks or commas; after ``#`` comments, some of them notes of ours."""
    saved = SavedNeighbors([], {}, [], {}, [])
    for line in text.splitlines():
        entries, _, comment = line.partition("#")
        for entry in entries.replace(",", " ").split():
            is_address = parse_cluster_address(entry) is not None
            (saved.addresses if is_address else saved.rejected).append(canonical(entry))
        match comment.split():
            case ["forgotten", address, epoch] if (
                epoch.isascii() and epoch.isdigit() and parse_cluster_address(address)
            ):
                saved.forgotten[canonical(address)] = int(epoch)
            case ["server", address, server]:
                saved.servers[address] = server
            case ["counts", server]:
                saved.counted.append(server)
    return saved


def render(
    addresses: Iterable[str], servers: Mapping[str, str], counted: Iterable[str], forgotten: Mapping[str, int]
) -> str:
    """Write neighbors.txt.

    Args:
        addresses: Of all routers, our own included; sorted here.
        servers: Address to the server proven to be there.
        counted: The servers that count by their name.
        forgotten: Address to the epoch, in seconds.
    """
    lines = [*HEADER, *sorted(set(addresses), key=order_of)]
    lines += [f"# server {address} {server}" for address, server in sorted(servers.items())]
    lines += [f"# counts {server}" for server in sorted(counted)]
    lines += [f"# forgotten {address} {epoch_s}" for address, epoch_s in sorted(forgotten.items())]
    return "\n".join(lines) + "\n"
