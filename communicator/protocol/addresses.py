"""Addresses as text: ``host:port``, ``[v6]:port`` and the ``cd://`` family; no name is ever looked up here."""

import ipaddress
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote, unquote

import msgspec

from communicator.errors import AddressError

PORTS = {"cd": 4040, "cdu": 4041, "cds": 4043}
"""The default port of each scheme: local TCP, UDP signal, TLS."""
REMOTE_PORT = 4042
"""Where a router listens for others in clear, unless told otherwise."""

ADDRESSES_CACHED = 4_096
"""The same few addresses are read again and again: twice those of a large cluster, and some."""
_LOOPBACK = "127."
_PORT_MAX = 65_535
_PORT_DIGITS = 5


def read_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is written as; None where it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class HostPort(msgspec.Struct, frozen=True):
    """A host, by name or number, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """``host:port``, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_unspecified(self) -> bool:
        """Whether it stands for all addresses of a host, so that nobody else can use it."""
        ip = read_ip(plain_ip(self.host))
        return ip is not None and ip.is_unspecified

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; ``localhost`` is taken at its word, any other name is not."""
        if not self.host.startswith(_LOOPBACK) and ":" not in self.host:
            return self.host == "localhost"  # to read it as an address takes microseconds
        ip = read_ip(plain_ip(self.host))
        return ip is not None and ip.is_loopback


def parse_host_port(text: str, default_port: int | None = None) -> HostPort:
    """Read ``host:port``, ``[v6]:port`` or, with a default port, a bare host.

    Args:
        text: What to read.
        default_port: The port when none is given; None makes it mandatory.

    Returns:
        Host and port.

    Raises:
        AddressError: It is not of that form.
    """
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        _require_v6(host, text)
        port_text = rest.removeprefix(":")
        if not closing or (rest and not rest.startswith(":")):
            raise AddressError(f"{text!r} is not [address]:port")
    else:
        host, _, port_text = text.partition(":")
        if ":" in port_text:
            raise AddressError(f"{text!r}: an IPv6 address stands in brackets, as in [::1]:4040")
    if not host or " " in host or "/" in host or not host.isprintable():
        raise AddressError(f"{text!r} has no host")
    if not port_text and default_port is not None and not text.endswith(":"):
        return HostPort(host, default_port)
    return HostPort(host, _parse_port(port_text, text))


def _parse_port(port_text: str, text: str) -> int:
    is_number = port_text.isascii() and port_text.isdigit() and len(port_text) <= _PORT_DIGITS
    if not is_number or int(port_text) > _PORT_MAX:
        raise AddressError(f"{text!r} has no port between 0 and {_PORT_MAX}")
    return int(port_text)


def _require_v6(host: str, text: str) -> None:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        raise AddressError(f"{text!r}: {host!r} is not an IPv6 address") from None


_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128"))
)


def is_private(address: str) -> bool:
    """Whether ``IP:port`` is on a private network, by RFC 1918 and RFC 4193, or on this machine.

    Args:
        address: What is no such address is not private.
    """
    try:
        ip = ipaddress.ip_address(parse_host_port(address, default_port=0).host)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in _PRIVATE)


@lru_cache(maxsize=ADDRESSES_CACHED)
def plain_ip(ip: str) -> str:
    """The one spelling of a host's address: an IPv4 address that came in over an IPv6 socket is still the same host's.

    Args:
        ip: Without a port and without brackets; what is no address is returned as it is.
    """
    address = read_ip(ip)
    return ip if address is None else str(getattr(address, "ipv4_mapped", None) or address)


@lru_cache(maxsize=ADDRESSES_CACHED)
def ip_of(address: str) -> str:
    """The plain IP address of a host that is given as ``IP:port``, ``[v6]:port``, ``[v6]`` or ``IP``.

    Args:
        address: What holds no IP address, or one with a zone, which means something on one host only, gives an empty text.
    """
    for text in (address, address.rpartition(":")[0]):
        ip = read_ip(text.removeprefix("[").removesuffix("]"))
        if ip is not None:
            return "" if "%" in text else plain_ip(str(ip))
    return ""


class Scheme(StrEnum):
    """How to reach a router."""

    PLAIN = "cd"
    TLS = "cds"
    DATAGRAM = "cdu"


class RouterAddress(msgspec.Struct, frozen=True):
    """Where a router listens: either `path` (a Unix socket) or `host_port` is set."""

    scheme: Scheme
    host_port: HostPort | None = None
    path: str = ""

    def __str__(self) -> str:
        """The URL it was read from, in full."""
        return f"{self.scheme}://{quote(self.path) or self.host_port}"


def parse_router_address(text: str) -> RouterAddress:
    """Read a ``cd://``, ``cds://`` or ``cdu://`` address.

    Args:
        text: ``cd://HOST[:PORT]`` TCP, ``cd:///PATH`` Unix stream, ``cds://HOST[:PORT]`` TLS, ``cdu://HOST[:PORT]`` the UDP
            signal port.

    Returns:
        The address; a missing port is the scheme's default.

    Raises:
        AddressError: It is not of that form.
    """
    name, separator, rest = text.partition("://")
    if not separator or name not in PORTS:
        raise AddressError(f"{text!r} does not start with cd://, cds:// or cdu://, as in cd://127.0.0.1:4040")
    scheme = Scheme(name)
    if not rest.startswith("/"):
        return RouterAddress(scheme, host_port=parse_host_port(rest.removesuffix("/"), PORTS[name]))
    path = unquote(rest)
    if scheme is not Scheme.PLAIN:
        raise AddressError(f"{text!r}: only cd:// takes a path")
    if "\0" in path or path == "/":
        raise AddressError(f"{text!r}: {path!r} is not the path of a socket")
    return RouterAddress(scheme, path=path)
