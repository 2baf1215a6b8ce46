"""SHELL: opens the UDP sockets of probes and finds the addresses of peers, without holding up the event loop; it sends nothing."""

import asyncio
import socket

from communicator.errors import ListenError
from communicator.protocol import HostPort
from timekeeper.probes.stamps import Address, StampedSocket


async def open_door(address: HostPort, *, kernel_timestamps: bool) -> StampedSocket:
    """Bind a UDP socket.

    Args:
        address: Where; port 0 for any.
        kernel_timestamps: Whether the kernel's receive stamps are used.

    Raises:
        ListenError: That cannot be had.
    """
    sock: socket.socket | None = None
    try:
        family, _, _, _, where = (await _look_up(address, socket.AF_UNSPEC, socket.AI_PASSIVE))[0]
        sock = socket.socket(family, socket.SOCK_DGRAM)
        if family is socket.AF_INET6:  # "[::]" is for IPv4 too, whatever net.ipv6.bindv6only says
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(where)
        return StampedSocket(sock, kernel=kernel_timestamps)
    except UnicodeError:  # what the codec of host names says is no sentence, and differs from version to version
        raise ListenError("probe_listen", str(address), "that cannot be the name of a host") from None
    except OSError as error:
        if sock is not None:
            sock.close()
        raise ListenError("probe_listen", str(address), error.strerror or str(error)) from error


async def find_peer(address: HostPort, door: StampedSocket) -> Address | None:
    """Where a peer is, for a socket; None when its name leads nowhere now."""
    family = door.socket.family
    flags = socket.AI_V4MAPPED if family is socket.AF_INET6 else 0
    try:
        return (await _look_up(address, family, flags))[0][4]
    except (OSError, UnicodeError):
        return None


async def _look_up(
    address: HostPort, family: int, flags: int
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, Address]]:
    loop = asyncio.get_running_loop()
    return list(await loop.getaddrinfo(address.host, address.port, family=family, type=socket.SOCK_DGRAM, flags=flags))
