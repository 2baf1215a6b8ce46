"""SHELL: one conversation over a connected datagram socket, on the event loop; it knows nothing of what is said."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from communicator.protocol import HostPort

_DATAGRAMS_QUEUED = 64
"""More than this is a flood, not a conversation; the longest answer of ntpd has fewer fragments."""


class Conversation(asyncio.DatagramProtocol):
    """Sends to one peer and hears nobody else."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[bytes | OSError] = asyncio.Queue(_DATAGRAMS_QUEUED)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's are no subclass

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - it is connected
        """Keep what came until it is asked for."""
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        """Keep what went wrong: a refusal concerns the question that is being asked."""
        self._put(exc if isinstance(exc, OSError) else OSError(str(exc)))

    def _put(self, item: bytes | OSError) -> None:
        if not self._received.full():
            self._received.put_nowait(item)

    def send(self, data: bytes) -> None:
        """Send one datagram."""
        assert self._transport is not None  # noqa: S101 - the endpoint exists before anyone talks
        self._transport.sendto(data)

    async def receive(self) -> bytes:
        """The next datagram.

        Raises:
            OSError: The peer refused, or cannot be reached.
        """
        item = await self._received.get()
        if isinstance(item, OSError):
            raise item
        return item


@asynccontextmanager
async def connect_udp(address: HostPort) -> AsyncIterator[Conversation]:
    """Talk to a UDP port.

    Args:
        address: Whose.

    Raises:
        OSError: The address cannot be talked to.
    """
    transport, conversation = await asyncio.get_running_loop().create_datagram_endpoint(
        Conversation, remote_addr=(address.host, address.port)
    )
    try:
        yield conversation
    finally:
        transport.close()


@asynccontextmanager
async def connect_unix(path: str) -> AsyncIterator[Conversation]:
    """Talk to a Unix datagram socket whose owner answers to a socket beside it; ours is removed at the end.

    Args:
        path: Of the peer's socket. Ours is made in the same directory, and anyone may write to it: the peer is
            usually another user.

    Raises:
        OSError: There is no such socket, or no permission to write to it or to make ours.
    """
    ours = Path(path).with_name(f"bellwether.{secrets.token_hex(8)}.sock")
    with _unix_socket() as endpoint:
        try:
            endpoint.bind(str(ours))
            ours.chmod(0o666)
            async with _connect(endpoint, path) as conversation:
                yield conversation
        finally:
            ours.unlink(missing_ok=True)


@asynccontextmanager
async def connect_unix_unnamed(path: str) -> AsyncIterator[Conversation]:
    """Talk to a Unix datagram socket whose owner answers to any address; ours is no file, so that none can be left behind.

    Args:
        path: Of the peer's socket. The peer has to be in the same network namespace (unix(7), abstract addresses), and
            may be any user.

    Raises:
        OSError: There is no such socket, or no permission to write to it.
    """
    with _unix_socket() as endpoint:
        endpoint.bind("")  # the kernel chooses
        async with _connect(endpoint, path) as conversation:
            yield conversation


def _unix_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)


@asynccontextmanager
async def _connect(endpoint: socket.socket, path: str) -> AsyncIterator[Conversation]:
    """Once connected, it hears the peer alone."""
    endpoint.connect(path)
    transport, conversation = await asyncio.get_running_loop().create_datagram_endpoint(Conversation, sock=endpoint)
    try:
        yield conversation
    finally:
        transport.close()
