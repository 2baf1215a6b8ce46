"""SHELL: the listener and the connections of a script, over TCP, Unix sockets and UDP; it says what comes, and knows no script."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from communicator.protocol.addresses import HostPort
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.line_buffer import LineBuffer
from communicator.reporter.effects import Open, Transport
from communicator.reporter.events import BytesReceived, Connected, Event, HungUp, LineReceived

CONNECT_S = 10.0
"""How long a connection may take to be made, in seconds."""
CLOSE_S = 1.0
"""How long a connection may take to close, in seconds; then it is cut."""

_READ_BYTES = 64 * 1024

Tell = Callable[[Event], None]


class Sockets:
    """All sockets of one script.

    Args:
        tell: What is told each event, in the order they happen.
        group: Where the readers run; they end when their connection does.
    """

    def __init__(self, tell: Tell, group: asyncio.TaskGroup) -> None:
        self._tell = tell
        self._group = group
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._datagrams: _Datagrams | None = None
        self._path: Path | None = None
        self._links = 0
        self._cut_lines = True
        self.address = ""
        """Where it listens, once it does: HOST:PORT, or a path."""

    async def open(self, wanted: Open) -> int | None:
        """Open the listener, or connect as a client.

        Returns:
            The link of a client.

        Raises:
            OSError: It cannot be done, or takes longer than `CONNECT_S`.
        """
        self._cut_lines = wanted.cut_lines
        at = wanted.address
        async with asyncio.timeout(CONNECT_S):
            match wanted.transport, wanted.as_client:
                case Transport.UNIX, True:
                    return self._add(*await asyncio.open_unix_connection(at.path))
                case Transport.TCP, True:
                    return self._add(*await asyncio.open_connection(at.host, at.port))
                case Transport.UDP, True:
                    self._datagrams = await self._open_datagrams(remote_addr=(at.host, at.port))
                    return self._datagrams.link_of(None)
                case Transport.UNIX, _:
                    self._server = await asyncio.start_unix_server(self._accept, at.path)
                    self._path = Path(at.path)
                    self.address = at.path
                case Transport.TCP, _:
                    self._server = await asyncio.start_server(self._accept, at.host, at.port)
                    self.address = str(HostPort(*self._server.sockets[0].getsockname()[:2]))
                case Transport.UDP, _:
                    self._datagrams = await self._open_datagrams(local_addr=(at.host, at.port))
                    self.address = str(HostPort(*self._datagrams.own_address[:2]))
        return None

    def send(self, link: int, data: bytes) -> None:
        """Write to a link; without effect when it has ended."""
        if link in self._writers:
            self._writers[link].write(data)
        elif self._datagrams is not None:
            self._datagrams.send(link, data)

    async def drain(self) -> None:
        """Wait until everything is written that was sent on links that are still there."""
        for writer in list(self._writers.values()):
            with suppress(ConnectionError):
                await writer.drain()

    def close(self, link: int) -> None:
        """End a link."""
        if link in self._writers:
            self._writers[link].close()

    def stop_listening(self) -> None:
        """Close the listener; its links stay."""
        if self._server is not None:
            self._server.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def close_all(self) -> None:
        """Close everything."""
        self.stop_listening()
        if self._datagrams is not None:
            self._datagrams.close()
        for writer in list(self._writers.values()):
            writer.close()
            try:
                async with asyncio.timeout(CLOSE_S):
                    await writer.wait_closed()
            except OSError:
                writer.transport.abort()
        if self._server is not None:
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._add(reader, writer, is_client=True)

    def _add(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_client: bool = False) -> int:
        link = self._new_link()
        writer.transport.set_write_buffer_limits(0)  # so that drain() means written
        self._writers[link] = writer
        if is_client:
            self._tell(Connected(link))
        self._group.create_task(self._read(link, reader))
        return link

    def _new_link(self) -> int:
        self._links += 1
        return self._links

    async def _read(self, link: int, reader: asyncio.StreamReader) -> None:
        lines = LineBuffer(LINE_BYTES_HARD)
        reason = ""
        with suppress(ConnectionError):
            while not lines.too_long and (data := await reader.read(_READ_BYTES)):
                if self._cut_lines:
                    self._tell_lines(link, lines.feed(data))
                else:
                    self._tell(BytesReceived(link, data))
        if lines.too_long:
            reason = f"what came is longer than a line may be ({LINE_BYTES_HARD} bytes)"
        self._tell_lines(link, lines.finish())
        writer = self._writers.pop(link)
        writer.close()
        self._tell(HungUp(link, reason))

    def _tell_lines(self, link: int, lines: bytes) -> None:
        for line in lines.split(b"\n")[:-1]:
            self._tell(LineReceived(link, line.rstrip(b"\r")))

    async def _open_datagrams(
        self, local_addr: tuple[str, int] | None = None, remote_addr: tuple[str, int] | None = None
    ) -> "_Datagrams":
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._tell, self._new_link, cut_lines=self._cut_lines),
            local_addr=local_addr,
            remote_addr=remote_addr,
        )
        return protocol


class _Datagrams(asyncio.DatagramProtocol):
    """A UDP socket; each address that writes to it is a link of its own."""

    def __init__(self, tell: Tell, new_link: Callable[[], int], *, cut_lines: bool) -> None:
        self._tell = tell
        self._new_link = new_link
        self._cut_lines = cut_lines
        self._transport: asyncio.DatagramTransport | None = None
        self._links: dict[tuple[str, int] | None, int] = {}

    @property
    def own_address(self) -> tuple[str, int]:
        """Where it is bound."""
        address: tuple[str, int] = self._transport.get_extra_info("sockname") if self._transport else ("", 0)
        return address

    def link_of(self, peer: tuple[str, int] | None) -> int:
        """The link of a peer, a new one where it is not known; None is the one this socket is connected to."""
        if peer not in self._links:
            self._links[peer] = self._new_link()
        return self._links[peer]

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what UDP gives
        self._transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        known: tuple[str, int] | None = None if None in self._links else peer
        if known not in self._links:
            self._tell(Connected(self.link_of(known)))
        link = self.link_of(known)
        if not self._cut_lines:
            self._tell(BytesReceived(link, data))
            return
        for line in data.splitlines():
            self._tell(LineReceived(link, line))

    def error_received(self, error: Exception) -> None:
        for link in self._links.values():
            self._tell(HungUp(link, f"a datagram could not be sent: {error}"))

    def send(self, link: int, data: bytes) -> None:
        if self._transport is None:
            return
        for peer, known in self._links.items():
            if known == link:
                self._transport.sendto(data.rstrip(b"\n"), peer)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
