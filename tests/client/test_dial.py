import asyncio
import errno
import socket
import ssl

import pytest
import trustme

from communicator import AddressError, BlockingClient, Client, NotConnectedError
from communicator.client.dial import stream_address, unreachable


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
async def tls_router(authority):
    """A router's greeting over TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    async def greet(reader, writer):
        assert b"password=secret" in await reader.readline()
        writer.write(b"<peer:communicatord HELP\n<peer:communicatord READY\n")
        while await reader.readline():
            pass
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"cds://localhost:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_tls_with_credentials(tls_router, trust):
    async with Client(tls_router, "svc_a", tls=trust, username="me", password="secret") as client:
        assert client.server_name == "peer"


async def test_tls_without_a_loop(tls_router, trust):
    def script():
        with BlockingClient(tls_router, "svc_a", tls=trust, username="me", password="secret") as client:
            return client.server_name

    assert await asyncio.to_thread(script) == "peer"


async def test_a_certificate_nobody_trusts_is_told(tls_router):
    with pytest.raises(NotConnectedError, match="certificate verify failed"):
        await Client(tls_router, "svc_a").__aenter__()
    with pytest.raises(NotConnectedError, match="certificate verify failed"):
        await asyncio.to_thread(BlockingClient(tls_router, "svc_a").__enter__)


async def test_a_port_nobody_listens_at():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"cd://127.0.0.1:{taken.getsockname()[1]}"
        for enter in (Client(address, "svc_a").__aenter__, aenter(BlockingClient(address, "svc_a"))):
            with pytest.raises(NotConnectedError, match="nobody listens there; is communicatord running"):
                await enter()


def aenter(client):
    return lambda: asyncio.to_thread(client.__enter__)


async def test_a_socket_that_is_none(tmp_path):
    for enter in (
        Client(f"cd://{tmp_path}/none", "svc_a").__aenter__,
        aenter(BlockingClient(f"cd://{tmp_path}/none", "svc_a")),
    ):
        with pytest.raises(NotConnectedError, match=r"cannot reach the router at cd:///.*: there is no such socket"):
            await enter()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "member of the socket's group"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "No route to host"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (TimeoutError("timed out"), "timed out"),
        (OSError(), "OSError"),
    ],
)
def test_why_it_cannot_be_reached_is_said_in_words(error, told):
    assert told in str(unreachable(stream_address("cd://alpha:4040"), error))


def test_the_signal_port_is_no_stream():
    with pytest.raises(AddressError, match="takes datagrams only"):
        stream_address("cdu://127.0.0.1")
