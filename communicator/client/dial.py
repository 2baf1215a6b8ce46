"""Opens a stream to a router's address, for asyncio and for plain sockets; it says nothing over it."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from communicator.errors import AddressError, NotConnectedError
from communicator.protocol.addresses import HostPort, RouterAddress, Scheme, parse_router_address

P = TypeVar("P", bound=asyncio.Protocol)

_HINTS = {
    errno.ENOENT: "there is no such socket; is communicatord running?",
    errno.ECONNREFUSED: "nobody listens there; is communicatord running?",
    errno.EACCES: "permission denied; is this user a member of the socket's group?",
}


def stream_address(text: str) -> RouterAddress:
    """Read an address a service can register at.

    Args:
        text: ``cd://HOST[:PORT]``, ``cd:///PATH`` or ``cds://HOST[:PORT]``.

    Raises:
        AddressError: It is none, or one that can only be sent to.
    """
    address = parse_router_address(text)
    if address.scheme is Scheme.DATAGRAM:
        raise AddressError(f"{text!r}: the signal port takes datagrams only, and never answers; use a cd:// address")
    return address


async def dial(address: RouterAddress, factory: Callable[[], P], tls: ssl.SSLContext | None) -> P:
    """Open a stream on the running loop.

    Args:
        address: Where to.
        factory: Makes the protocol.
        tls: For ``cds://``; None trusts what this host trusts.

    Returns:
        The connected protocol.

    Raises:
        NotConnectedError: It cannot be reached, or its certificate is not trusted.
    """
    loop = asyncio.get_running_loop()
    try:
        if address.path:
            _, protocol = await loop.create_unix_connection(factory, address.path)
            return protocol
        at = _host_port(address)
        context = _context(address, tls)
        name = at.host if context else None
        _, protocol = await loop.create_connection(factory, at.host, at.port, ssl=context, server_hostname=name)
    except OSError as error:
        raise unreachable(address, error) from error
    return protocol


def dial_blocking(address: RouterAddress, timeout_s: float, tls: ssl.SSLContext | None) -> socket.socket:
    """Open a blocking stream; arguments and errors as for `dial`.

    Args:
        address: Where to.
        timeout_s: How long to try, in seconds.
        tls: For ``cds://``; None trusts what this host trusts.
    """
    try:
        if address.path:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            return _connected(link, address.path, timeout_s)
        at = _host_port(address)
        link = socket.create_connection((at.host, at.port), timeout=timeout_s)
        context = _context(address, tls)
        return context.wrap_socket(link, server_hostname=at.host) if context else link
    except OSError as error:
        raise unreachable(address, error) from error


def unreachable(address: RouterAddress, error: OSError) -> NotConnectedError:
    """Put into words why an address cannot be reached."""
    hint = _HINTS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
    return NotConnectedError(f"cannot reach the router at {address}: {hint}")


def _connected(link: socket.socket, path: str, timeout_s: float) -> socket.socket:
    try:
        link.settimeout(timeout_s)
        link.connect(path)
    except OSError:
        link.close()
        raise
    return link


def _host_port(address: RouterAddress) -> HostPort:
    if address.host_port is None:
        raise AddressError(f"{address} names neither a path nor a host")
    return address.host_port


def _context(address: RouterAddress, tls: ssl.SSLContext | None) -> ssl.SSLContext | None:
    if address.scheme is not Scheme.TLS:
        return None
    return tls or ssl.create_default_context()
