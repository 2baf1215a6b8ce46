"""SHELL: uvicorn inside somebody else's event loop: it serves until told to stop and leaves signals alone."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from communicator.errors import ListenError
from communicator.fairness.sources import Sources
from communicator.protocol.addresses import HostPort
from exporters.web.bounded_connection import BoundedConnection
from exporters.web.door import Door, is_loopback
from exporters.web.headers import HEAD_BYTES
from exporters.web.settings import LimitsSettings

_BACKLOG = 128
_DRAIN_S = 5
"""How long a request under way may take once the server is to stop."""
_PAUSE_S = 0.1
"""Until the next try when nobody can be let in: the kernel keeps those who wait."""
_DEFAULTS = LimitsSettings()


class _Server(uvicorn.Server):
    """A server whose process belongs to a daemon that handles signals itself, and whose connections are accepted elsewhere."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - see `Serving.accept`
        """Take what comes from now on."""
        self.servers = []
        self.started = True


class Serving:
    """A server at work.

    Args:
        server: It.
        limits: What one client may take from the others.
        tls: For HTTPS; None for HTTP.
        sources: How addresses stand.
    """

    def __init__(
        self, server: uvicorn.Server, limits: LimitsSettings, tls: ssl.SSLContext | None, sources: Sources
    ) -> None:
        self._server = server
        self._limits = limits
        self._tls = tls
        self._inside: dict[BoundedConnection, socket.socket] = {}
        self.door: Door[BoundedConnection] = Door(
            limits.connections, limits.connections_per_address, sources, _may_leave
        )
        """Who is in."""

    def renew(self, tls: ssl.SSLContext | None) -> None:
        """Begin connections with other certificates, or with none; those there answer once more at most."""
        self._tls = tls
        for connection in list(self._inside):
            if connection.is_made:
                connection.retire()

    def stop(self) -> None:
        """End, once the answers under way are given."""
        self._server.should_exit = True
        for connection, client in self._inside.items():
            if not connection.is_made:
                _end(client)

    async def accept(self, listener: socket.socket, group: asyncio.TaskGroup) -> None:
        """Let in whom there is room for, until cancelled; others are closed without a word.

        When no room is left, whoever has asked nothing for longest leaves for who comes: asking goes before holding a connection.
        uvicorn would do the handshakes first, and count whoever came through them.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, peer = await loop.sock_accept(listener)
            except OSError:  # no descriptor is left, or the client is gone already
                await asyncio.sleep(_PAUSE_S)
                continue
            connection = self._connection()
            is_in, leaves = self.door.enter(connection, peer[0], time.monotonic())
            if leaves is not None:
                _end(self._inside[leaves])
                leaves.leave()
            if is_in:
                self._inside[connection] = client
                group.create_task(self._begin(client, connection))
            else:
                client.close()

    async def _begin(self, client: socket.socket, connection: BoundedConnection) -> None:
        """Begin a connection, with a handshake where that is wanted; who does not come through it is gone without a word."""
        if self._server.should_exit:
            client.close()
            connection.leave()
            return
        try:
            await self._connect(client, connection)
        except OSError:
            return
        finally:
            if not connection.is_made:
                connection.leave()

    async def _connect(self, client: socket.socket, connection: BoundedConnection) -> None:
        loop = asyncio.get_running_loop()
        if self._tls is None:
            await loop.connect_accepted_socket(lambda: connection, client)
            return
        await loop.connect_accepted_socket(
            lambda: connection,
            client,
            ssl=self._tls,
            ssl_handshake_timeout=self._limits.request_s,
            ssl_shutdown_timeout=self._limits.answer_s,
        )

    def _connection(self) -> BoundedConnection:
        def leave() -> None:
            del self._inside[connection]
            self.door.leave(connection)

        state = self._server.server_state
        connection = BoundedConnection(
            self._limits, leave, self.door.heard, config=self._server.config, server_state=state, app_state={}
        )
        return connection


def _may_leave(connection: BoundedConnection) -> bool:
    """Whether nobody waits for an answer there: one whose request has not come in full may go for others."""
    return not (connection.is_answering and connection.has_asked)


def _end(client: socket.socket) -> None:
    """End a connection at whatever point it is; whoever reads from it finds that out."""
    with suppress(OSError):  # it has ended already
        client.shutdown(socket.SHUT_RDWR)


def bind(key: str, address: HostPort) -> socket.socket:
    """Listen on a TCP address.

    Args:
        key: The setting the address came from, for the error.
        address: Where; port 0 takes a free one.

    Raises:
        ListenError: That cannot be had.
    """
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ListenError(key, str(address), _reason(error)) from error


def _reason(error: OSError) -> str:
    """Why, without the address, which `socket.create_server` adds to the system's words."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno)


@asynccontextmanager
async def serving(
    application: ASGIApp,
    listener: socket.socket,
    limits: LimitsSettings = _DEFAULTS,
    tls: ssl.SSLContext | None = None,
    sources: Sources | None = None,
) -> AsyncIterator[Serving]:
    """Serve `application` on `listener` for as long as the context lasts; closes the listener at its end.

    Args:
        application: What answers.
        listener: Where.
        limits: What one client may take from the others.
        tls: For HTTPS; None for HTTP.
        sources: How addresses stand; None: nobody but this machine is known.
    """
    server = _Server(_config(application, limits))
    served = Serving(server, limits, tls, sources or Sources(is_loopback))
    listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
    with listener:
        async with asyncio.TaskGroup() as group:
            accepting = group.create_task(served.accept(listener, group))
            group.create_task(server.serve())
            try:
                yield served
            finally:
                accepting.cancel()
                served.stop()


def _config(application: ASGIApp, limits: LimitsSettings) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        log_config=None,
        log_level="error",  # its comings and goings are the daemon's, and a bad request is its sender's affair
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    config.timeout_keep_alive = limits.idle_s  # type: ignore[assignment] # a number of seconds like any other
    config.load()
    return config
