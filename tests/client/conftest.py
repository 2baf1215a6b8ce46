import asyncio
import contextlib
import functools
import socket
import threading

import pytest

from communicator.client import BlockingClient, Checks, Client, Service, connection, service
from communicator.protocol import decode
from tests.conftest import EVENTUALLY_S


class Peer:
    """One link as the router sees it: says recorded bytes, reads what the client answers."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    def say(self, *lines):
        for line in lines:
            self.writer.write(line + b"\n")

    async def hear(self, command):
        """The next message with this command; those before it are passed over. UNREGISTER ends the link, as a router does."""
        while True:
            async with asyncio.timeout(EVENTUALLY_S):
                line = await self.reader.readline()
            assert line, f"the client closed the link before {command}"
            message = decode(line)
            if message.command == "UNREGISTER":
                self.hang_up()
            if message.command == command:
                return message

    async def heard_end(self):
        async with asyncio.timeout(EVENTUALLY_S):
            while line := await self.reader.readline():
                if line.startswith(b"UNREGISTER"):
                    self.hang_up()

    async def welcome(self, *, told=b""):
        """What a C++ communicatord answers to REGISTER (transcript 1), to the end of the greeting; `told` is said in READY too."""
        register = await self.hear("REGISTER")
        self.say(b"<peer:communicatord HELP", b"<peer:communicatord READY my_address=127.0.0.1:4042" + told)
        await self.hear("COMMANDS")
        await self.hear("CLOCK_STATUS")
        return register

    def hang_up(self):
        self.writer.close()


class ScriptedRouter:
    """Listens on a Unix socket; the test plays the router on each link that comes."""

    def __init__(self, path):
        self.path = path
        self.address = f"cd://{path}"
        self._links = asyncio.Queue()
        self._peers = []
        self._server = None

    async def start(self):
        self._server = await asyncio.start_unix_server(self._accept, self.path, limit=4 * 1024 * 1024)

    async def stop(self):
        self._server.close()
        for peer in self._peers:
            peer.hang_up()
        await self._server.wait_closed()
        self.path.unlink(missing_ok=True)

    def _accept(self, reader, writer):
        peer = Peer(reader, writer)
        self._peers.append(peer)
        self._links.put_nowait(peer)

    async def link(self):
        async with asyncio.timeout(EVENTUALLY_S):
            return await self._links.get()

    async def welcomed(self):
        peer = await self.link()
        await peer.welcome()
        return peer


@pytest.fixture
def refusing_router():
    """Makes a router that says one line to who comes, and hangs up; what it yields waits until it has."""

    @contextlib.contextmanager
    def listen(path, line):
        def refuse():
            with listener.accept()[0] as link:
                link.sendall(line + b"\n")

        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(EVENTUALLY_S)
            refusing = threading.Thread(target=refuse)
            refusing.start()
            yield refusing.join
            refusing.join()

    return listen


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A machine that is busy with other tests may take its time for an answer, where the test says nothing of it."""
    for client in (BlockingClient, Client, Service):
        monkeypatch.setitem(client.request.__kwdefaults__, "timeout_s", EVENTUALLY_S)
    monkeypatch.setattr(service, "DRAIN_S", EVENTUALLY_S)


@pytest.fixture
async def router(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CLOSE_S", 0.05)  # at the end of a test nobody plays the router any more
    router = ScriptedRouter(tmp_path / "router.sock")
    await router.start()
    yield router
    await router.stop()


@pytest.fixture
def until():
    """Lets the loop run until something nobody announces is so."""

    async def wait(condition):
        async with asyncio.timeout(EVENTUALLY_S):
            while not condition():  # noqa: ASYNC110 - what is watched has no event, and shall get none for tests
                await asyncio.sleep(0)

    return wait


DEFINITIONS = {
    "PRINT": """
[copies]
type = integer
flags = optional
validator = integer(1...99)
[password]
flags = optional
validator = regex("[a-z]+")
""",
    "PRINTED": "[pages]\nflags = required\ntype = integer\n",
    "PAPER": "broadcast = forbidden\nscope = local\n",
}
"""What a service of an operator might say; NOTE, PING and PONG have no definition, so nothing is wrong with them."""


@pytest.fixture
def definitions(tmp_path):
    """A directory with the definitions above."""
    directory = tmp_path / "messages"
    directory.mkdir()
    for command, text in DEFINITIONS.items():
        (directory / f"{command}.conf").write_text(text)
    return directory


@pytest.fixture
def checks(definitions):
    """Makes the checks of a client; reads the definitions once for each setting."""
    return functools.cache(lambda checking: Checks.load(checking, definitions))
