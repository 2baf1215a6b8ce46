"""Raw links to a router, kept apart from our client library so that a fault of that cannot hide one of the router."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)  # linger for no time at all: closing sends a reset

Address = str | tuple[str, int]
"""The path of a Unix socket, or host and port."""


@dataclass(slots=True)
class Link:
    """One stream to the router."""

    socket: socket.socket
    _received: bytearray = field(default_factory=bytearray)

    async def write(self, data: bytes) -> None:
        """Send all of `data`."""
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    def write_at_once(self, data: bytes) -> bytes:
        """Send what can be sent without waiting, which is nearly always everything; what is left."""
        try:
            return data[self.socket.send(data) :]
        except BlockingIOError:
            return data

    async def read_line(self) -> bytes:
        """The next whole line; empty at the end of the stream."""
        while b"\n" not in self._received:
            data = await asyncio.get_running_loop().sock_recv(self.socket, 65_536)
            if not data:
                return b""
            self._received += data
        end = self._received.index(b"\n") + 1
        line = bytes(self._received[:end])
        del self._received[:end]
        return line

    async def read_to_end(self) -> int:
        """Throw away what comes until the router closes; how much it was, in bytes."""
        count = 0
        while data := await asyncio.get_running_loop().sock_recv(self.socket, 65_536):
            count += len(data)
        return count

    def half_close(self) -> None:
        """Say that nothing more will be written."""
        with contextlib.suppress(OSError):  # the router may have closed meanwhile
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Make the end of this link a rude one."""
        with contextlib.suppress(OSError):  # a Unix socket has no such option
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@contextlib.asynccontextmanager
async def connect(address: Address) -> AsyncIterator[Link]:
    """Connect, and close at the end."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.setblocking(False)  # noqa: FBT003 - the standard library's signature
        await asyncio.get_running_loop().sock_connect(stream, address)
        yield Link(stream)
