"""Opens a stream to a router's address, for asyncio and for plain sockets; it says nothing over it."""

import asyncio
import errno
import ssl
from collections.abc import Callable
from typing import TypeVar

from communicator.errors import AddressError, NotConnectedError
from communicator.protocol.addresses import RouterAddress, Scheme, parse_router_address

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
        at = address.host_port
        if at is None:
            _, protocol = await loop.create_unix_connection(factory, address.path)
            return protocol
        context = (tls or ssl.create_default_context()) if address.scheme is Scheme.TLS else None
        name = at.host if context else None
        _, protocol = await loop.create_connection(factory, at.host, at.port, ssl=context, server_hostname=name)
    except OSError as error:
        raise unreachable(address, error) from error
    return protocol


def unreachable(address: RouterAddress, error: OSError) -> NotConnectedError:
    """Put into words why an address cannot be reached."""
    hint = _HINTS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
    return NotConnectedError(f"cannot reach the router at {address}: {hint}")
