import asyncio
import socket

import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.sources.datagrams import Conversation, connect_udp, connect_unix, connect_unix_unnamed


@pytest.fixture
def peer(own_address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind((own_address, 0))
        ours.settimeout(EVENTUALLY_S)
        yield ours


@pytest.fixture
def unix_peer(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(tmp_path / "peer"))
        ours.settimeout(EVENTUALLY_S)
        yield ours


async def test_udp(peer):
    async with connect_udp(HostPort(*peer.getsockname())) as conversation:
        conversation.send(b"question")
        data, address = peer.recvfrom(100)
        assert data == b"question"
        peer.sendto(b"answer", address)
        assert await conversation.receive() == b"answer"


async def test_nobody_else_is_heard(peer):
    async with connect_udp(HostPort(*peer.getsockname())) as conversation:
        conversation.send(b"question")
        _, address = peer.recvfrom(100)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"forged", address)
        peer.sendto(b"answer", address)
        assert await conversation.receive() == b"answer"


async def test_a_refusal_is_raised(peer):
    address = HostPort(*peer.getsockname())
    peer.close()
    async with connect_udp(address) as conversation:
        conversation.send(b"question")
        with pytest.raises(ConnectionRefusedError):
            await conversation.receive()


async def test_an_error_that_is_none_of_the_system_is_one_all_the_same():
    conversation = Conversation()
    conversation.error_received(ValueError("odd"))
    with pytest.raises(OSError, match="odd"):
        await conversation.receive()


async def test_a_flood_is_cut_off():
    conversation = Conversation()
    for number in range(1000):
        conversation.datagram_received(bytes([number % 256]), None)
    heard = 0
    while True:
        try:
            async with asyncio.timeout(0):
                await conversation.receive()
        except TimeoutError:
            break
        heard += 1
    assert heard == 64


async def test_a_unix_socket_and_its_end(unix_peer, tmp_path):
    async with connect_unix(str(tmp_path / "peer")) as conversation:
        conversation.send(b"question")
        data, ours = unix_peer.recvfrom(100)
        assert data == b"question"
        assert (tmp_path / ours).stat().st_mode & 0o777 == 0o666
        unix_peer.sendto(b"answer", ours)
        assert await conversation.receive() == b"answer"
    assert [path.name for path in tmp_path.iterdir()] == ["peer"]


async def test_a_unix_socket_without_a_file(unix_peer, tmp_path):
    async with connect_unix_unnamed(str(tmp_path / "peer")) as conversation:
        conversation.send(b"question")
        data, ours = unix_peer.recvfrom(100)
        assert data == b"question"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger, pytest.raises(PermissionError):
            stranger.sendto(b"forged", ours)
        assert [path.name for path in tmp_path.iterdir()] == ["peer"]
        unix_peer.sendto(b"answer", ours)
        assert await conversation.receive() == b"answer"
    with pytest.raises(ConnectionRefusedError):
        unix_peer.sendto(b"late", ours)


@pytest.mark.usefixtures("unix_peer")
async def test_our_socket_is_removed_when_the_conversation_fails(tmp_path):
    async def fail():
        async with connect_unix(str(tmp_path / "peer")):
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        await fail()
    assert [path.name for path in tmp_path.iterdir()] == ["peer"]


@pytest.mark.parametrize("connect", [connect_unix, connect_unix_unnamed])
@pytest.mark.parametrize("name", ["nobody", "x" * 200])
async def test_a_socket_that_cannot_be_talked_to(tmp_path, connect, name):
    with pytest.raises(OSError, match=r"No such file|too long"):
        async with connect(str(tmp_path / name)):
            pass
    assert list(tmp_path.iterdir()) == []
