"""SHELL: uvicorn inside somebody else's event loop: it serves until told to stop and leaves signals alone."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from communicator.errors import ListenError
from communicator.protocol.addresses import HostPort

_BACKLOG = 128
_CONCURRENT = 64
"""Requests at once, beyond which uvicorn answers 503: a few scrapers and browsers need no more."""
_DRAIN_S = 5
"""How long a request under way may take once the server is to stop."""


class _Server(uvicorn.Server):
    """A server whose process belongs to a daemon that handles signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


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
async def serving(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve `application` on `listener` for as long as the context lasts; closes the listener at its end."""
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
        limit_concurrency=_CONCURRENT,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    server = _Server(config)
    with listener:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listener]))
            try:
                yield
            finally:
                server.should_exit = True
