"""PURE: which names of a Host header are ours; it looks no name up."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from communicator.errors import AddressError
from communicator.protocol.addresses import HostPort, parse_host_port

_HTTP_PORT = 80
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class OwnHosts:
    """The names under which this exporter is asked.

    A page in a browser may have its own name resolve to our address and so read what listens there; its requests still carry that
    name (DNS rebinding). So only names that nobody else can have are answered.
    """

    listen: HostPort
    """Where is listened."""
    names: frozenset[str]
    """Further ones, in lower case."""

    def include(self, header: str, server_name: str = "") -> bool:
        """Whether a Host header names this exporter; a missing one (HTTP/1.0) does no harm: browsers always send it.

        Args:
            header: What it says.
            server_name: The name of this server in the cluster; it counts where others can come in.
        """
        if not header:
            return True
        try:
            host = parse_host_port(header.lower(), _HTTP_PORT).host.rstrip(".")
        except AddressError:
            return False
        is_server = bool(server_name) and host == server_name.lower() and not self.listen.is_loopback
        return host in self.names or is_server or self._is_address(host)

    def include_origin(self, header: str, server_name: str = "") -> bool:
        """Whether an Origin header names a page that came from this exporter; a missing one is that of a program.

        Args:
            header: What it says; ``null`` where a browser does not tell.
            server_name: As above.
        """
        scheme, _, host = header.partition("://")
        return not header or (scheme in {"http", "https"} and bool(host) and self.include(host, server_name))

    def _is_address(self, host: str) -> bool:
        """Whether it is an address of ours: where all addresses are listened on, any will do, since a number is nobody's name."""
        is_loopback = HostPort(host, _HTTP_PORT).is_loopback
        if self.listen.is_loopback:
            return is_loopback
        if self.listen.is_unspecified:
            return is_loopback or _is_number(host)
        return _normal(host) == _normal(self.listen.host.lower())


def is_host(name: str) -> bool:
    """Whether this can be the host of a Host header: a name or an address, and nothing besides, such as a port or ``https://``."""
    return _NAME.fullmatch(name) is not None or _is_number(name)


def own_hosts(listen: HostPort, names: Iterable[str]) -> OwnHosts:
    """The names of an exporter.

    Args:
        listen: Where is listened.
        names: Further ones: those of this host, and of a proxy before it.
    """
    return OwnHosts(listen, frozenset(name.lower().rstrip(".") for name in names if name))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _normal(host: str) -> str:
    """An address in its one form; a name as it is."""
    return str(ipaddress.ip_address(host)) if _is_number(host) else host
