"""Calls a web application as a server calls it, and raw connections to a server that runs."""

import asyncio
from contextlib import asynccontextmanager
from typing import NamedTuple

from communicator.protocol import HostPort
from exporters.web.server import bind, serving


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


async def call(application, path="/", method="GET", client="127.0.0.1", **headers):
    """One request; a header's name is written with ``_`` for ``-``."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event):
        sent.append(event)

    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 9740),
        "client": (client, 4711),
    }
    await application(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, b"".join(event.get("body", b"") for event in sent[1:]).decode())


@asynccontextmanager
async def server(application, *arguments):
    """A server on a free port of the loopback; gives its port, and the `Serving`."""
    listener = bind("listen", HostPort("127.0.0.1", 0))
    async with serving(application, listener, *arguments) as served:
        yield listener.getsockname()[1], served


@asynccontextmanager
async def connected(port, host="127.0.0.1", **options):
    reader, writer = await asyncio.open_connection(host, port, **options)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
