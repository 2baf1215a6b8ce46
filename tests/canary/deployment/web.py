"""Servers for tests that ask over HTTP: each answers with the bytes it is given, or behaves as badly as it is told to."""

import asyncio
import contextlib
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


@dataclass
class Served:
    """A server, and what it was asked."""

    port: int = 0
    requests: list = field(default_factory=list)
    """The head and the body of each."""
    bodies: list = field(default_factory=list)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


def answer(body, status="200 OK", *headers, version="1.1"):
    """The bytes of an answer."""
    head = [f"HTTP/{version} {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@contextlib.asynccontextmanager
async def serving(*answers, tls=None):
    """A server that gives these answers in turn, the last one again and again.

    Bytes are written, and the connection closed; None is silence until the peer leaves; a function writes by itself.
    """
    served, handlers = Served(), set()

    async def converse(reader, writer):
        handlers.add(asyncio.current_task())
        try:
            await hear(reader, writer)
            writer.close()
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    async def hear(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
            )
            said = answers[min(len(served.requests), len(answers) - 1)]
            served.bodies.append(await reader.readexactly(length))
            served.requests.append(head)
            if said is None:
                await reader.read()
            elif callable(said):
                await said(writer)
            else:
                writer.write(said)
                await writer.drain()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await server.wait_closed()


async def endless(writer):
    """50 MB, as far as the peer reads."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(50):
        writer.write(b"1" * 1_000_000)
        await writer.drain()


async def headers_without_end(writer):
    """More headers than anybody reads."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: 1\r\n" * 1_000)
        await writer.drain()
