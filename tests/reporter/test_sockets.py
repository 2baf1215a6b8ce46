"""The sockets of a script, over real ones: what they tell, in order."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.reporter.effects import Open, Transport
from communicator.reporter.events import BytesReceived, Connected, HungUp, LineReceived
from communicator.reporter.sockets import Sockets
from communicator.reporter.values import Address, parse_address
from tests.conftest import EVENTUALLY_S


@asynccontextmanager
async def sockets():
    events = asyncio.Queue()

    async def told():
        async with asyncio.timeout(EVENTUALLY_S):
            return await events.get()

    async with asyncio.TaskGroup() as group:
        made = Sockets(events.put_nowait, group)
        try:
            yield made, told
        finally:
            await made.close_all()


def listen(address, transport=Transport.TCP, *, cut_lines=True):
    return Open(address, transport, as_client=False, cut_lines=cut_lines)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_tcp(host):
    async with sockets() as (server, told):
        await server.open(listen(Address(host, 0)))
        at = parse_address(server.address)
        reader, writer = await asyncio.open_connection(at.host, at.port)
        assert await told() == Connected(1)
        writer.write(b"A\r\nB x=1\nC")
        writer.write_eof()
        assert [await told() for _ in range(4)] == [
            LineReceived(1, b"A"),
            LineReceived(1, b"B x=1"),
            LineReceived(1, b"C"),
            HungUp(1),
        ]
        assert await reader.read() == b""
        writer.close()


async def test_unix_answers_and_removes_its_path(tmp_path):
    path = tmp_path / "s"
    async with sockets() as (server, told):
        await server.open(listen(Address(path=str(path)), Transport.UNIX))
        reader, writer = await asyncio.open_unix_connection(path)
        assert await told() == Connected(1)
        server.send(1, b"hello\n")
        await server.drain()
        assert await reader.readline() == b"hello\n"
        server.stop_listening()
        assert not path.exists()
        server.send(1, b"still here\n")
        assert await reader.readline() == b"still here\n"
        server.close(1)
        assert await reader.read() == b""
        assert await told() == HungUp(1)
        server.send(1, b"to nobody\n")
        writer.close()


async def test_bytes_are_not_cut():
    async with sockets() as (server, told):
        await server.open(listen(Address("127.0.0.1", 0), cut_lines=False))
        at = parse_address(server.address)
        _, writer = await asyncio.open_connection(at.host, at.port)
        assert await told() == Connected(1)
        writer.write(b"a\nb")
        await writer.drain()
        assert await told() == BytesReceived(1, b"a\nb")
        writer.close()


async def test_a_line_without_end_breaks_the_link():
    async with sockets() as (server, told):
        await server.open(listen(Address("127.0.0.1", 0)))
        at = parse_address(server.address)
        _, writer = await asyncio.open_connection(at.host, at.port)
        assert await told() == Connected(1)
        writer.write(b"x" * (LINE_BYTES_HARD + 1))
        broken = await told()
        assert broken.link == 1
        assert "longer than a line may be" in broken.reason
        writer.transport.abort()


async def test_a_client(tmp_path):
    async with sockets() as (server, told), sockets() as (client, client_told):
        await server.open(listen(Address(path=str(tmp_path / "s")), Transport.UNIX))
        link = await client.open(
            Open(Address(path=str(tmp_path / "s")), Transport.UNIX, as_client=True, cut_lines=True)
        )
        assert await told() == Connected(1)
        client.send(link, b"question\n")
        assert await told() == LineReceived(1, b"question")
        server.send(1, b"answer\n")
        assert await client_told() == LineReceived(link, b"answer")


async def test_datagrams():
    async with sockets() as (server, told), sockets() as (client, client_told):
        await server.open(listen(Address("127.0.0.1", 0), Transport.UDP))
        link = await client.open(Open(parse_address(server.address), Transport.UDP, as_client=True, cut_lines=True))
        client.send(link, b"question\n")
        assert [await told(), await told()] == [Connected(1), LineReceived(1, b"question")]
        server.send(1, b"answer\n")
        assert await client_told() == LineReceived(link, b"answer")
        client.send(link, b"another\n")
        assert await told() == LineReceived(1, b"another")


async def test_datagrams_as_bytes():
    async with sockets() as (server, told):
        await server.open(listen(Address("127.0.0.1", 0), Transport.UDP, cut_lines=False))
        at = parse_address(server.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"\x00\n\x01", (at.host, at.port))
            assert [await told(), await told()] == [Connected(1), BytesReceived(1, b"\x00\n\x01")]


async def test_nobody_at_home(tmp_path):
    async with sockets() as (client, _):
        with pytest.raises(OSError, match="No such file"):
            await client.open(Open(Address(path=str(tmp_path / "s")), Transport.UNIX, as_client=True, cut_lines=True))
