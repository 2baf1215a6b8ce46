"""The TLS door over real sockets: who comes through, who does not, and how little the latter can cost."""

import asyncio
import contextlib
import socket

import msgspec
import pytest

from communicator.daemon import tls_door
from communicator.daemon.tls import load_trust
from communicator.daemon.tls_door import TlsDoor


class Inside(asyncio.Protocol):
    """Stands for a link."""

    def __init__(self, links) -> None:
        self.links = links

    def connection_made(self, transport):
        self.links.put_nowait(transport)


class Porch:
    """An open door, who came in, and what was told of the others."""

    def __init__(self, tls) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listening.getsockname()
        self.links: asyncio.Queue = asyncio.Queue()
        self.told: asyncio.Queue = asyncio.Queue()
        self.trust = load_trust(tls)
        self.door = TlsDoor(
            self.listening,
            lambda: self.trust.server,
            lambda: Inside(self.links),
            lambda address, reason: self.told.put_nowait((address.rpartition(":")[0], reason)),
        )
        self.door.open()
        self._sockets: list[socket.socket] = []

    async def hear(self):
        """What is told next."""
        return await asyncio.wait_for(self.told.get(), 20)

    def knock(self, source: str = "127.0.0.1") -> socket.socket:
        """Somebody who connects and says nothing yet."""
        self._sockets.append(socket.create_connection(self.address, source_address=(source, 0)))
        self._sockets[-1].setblocking(False)  # noqa: FBT003 - its one parameter
        return self._sockets[-1]

    async def enter(self, tls, source: str = "127.0.0.1"):
        """Somebody who shakes hands; the certificate the door saw, or None."""
        knocking = self.knock(source)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(
            asyncio.Protocol, sock=knocking, ssl=load_trust(tls).client, server_hostname="alpha"
        )
        inside = await asyncio.wait_for(self.links.get(), 20)
        certificate = inside.get_extra_info("peercert")
        transport.abort()
        inside.abort()
        return certificate

    async def close(self) -> None:
        await asyncio.wait_for(self.door.close(), 10)
        self.listening.close()
        for knocking in self._sockets:
            knocking.close()


@pytest.fixture
async def open_porch():
    async with contextlib.AsyncExitStack() as porches:

        def make(tls) -> Porch:
            porch = Porch(tls)
            porches.push_async_callback(porch.close)
            return porch

        yield make


@pytest.fixture
async def porch(open_porch, authority):
    return open_porch(authority.issue("alpha"))


async def test_who_shakes_hands_is_a_link_with_a_name(porch, authority):
    certificate = await porch.enter(authority.issue("beta"))
    assert certificate["subjectAltName"] == (("DNS", "beta"),)
    assert porch.door.failures == 0


async def test_the_files_of_now_count(porch, authority):
    stranger = msgspec.structs.replace(authority.issue("alpha"), require_client_certificate=True)
    assert await porch.enter(msgspec.structs.replace(authority.issue("beta"), certificate="", private_key="")) is None
    authority.revoke(authority.issue("gone"))  # a list is there from now on
    porch.trust = load_trust(stranger)
    assert await porch.enter(authority.issue("beta"))


async def test_who_speaks_in_clear_is_told_and_is_no_link(porch, caplog):
    loop = asyncio.get_running_loop()
    caplog.set_level("INFO")
    await loop.sock_sendall(porch.knock(), b"CONNECT version=1;server_name=beta;my_address=10.0.0.6:4042\n")
    assert await porch.hear() == ("127.0.0.1", "it does not speak TLS")
    assert porch.door.failures == 1
    assert caplog.records == []


async def test_who_stalls_is_let_go_in_time(porch, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(tls_door, "HANDSHAKE_S", 0.2)
    porch.knock()
    assert (await porch.hear())[1].startswith("no TLS answer within")
    assert caplog.records == []


async def test_who_hangs_up_is_told(porch, caplog):
    caplog.set_level("INFO")
    porch.knock().close()
    assert await porch.hear() == ("127.0.0.1", "it hung up during the TLS handshake")
    assert caplog.records == []


@pytest.mark.parametrize("fault", ["none", "expired", "revoked", "unknown"])
async def test_a_client_certificate_that_is_not_good_is_told(open_porch, authority, tmp_path_factory, fault, caplog):
    caplog.set_level("INFO")
    alpha = msgspec.structs.replace(authority.issue("alpha"), require_client_certificate=True)
    beta = authority.issue("beta", expired=fault == "expired")
    if fault == "none":
        beta = msgspec.structs.replace(beta, certificate="", private_key="")
    elif fault == "revoked":
        authority.revoke(beta)
    elif fault == "unknown":
        beta = msgspec.structs.replace(type(authority)(tmp_path_factory.mktemp("other")).issue("beta"), ca=alpha.ca)
    porch = open_porch(alpha)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    class Outside(asyncio.Protocol):
        def connection_lost(self, _error):
            ended.set_result(None)

    await loop.create_connection(Outside, sock=porch.knock(), ssl=load_trust(beta).client, server_hostname="alpha")
    _, reason = await porch.hear()
    assert reason.startswith("certificate: ")
    await asyncio.wait_for(ended, 20)  # over TLS 1.3 it learns only after its own handshake
    assert caplog.records == []


async def test_of_one_host_a_failure_is_told_once_and_all_are_counted(porch, authority):
    for _ in range(5):
        porch.knock().close()
    assert (await porch.hear())[0] == "127.0.0.1"
    while porch.door.failures < 5:
        await porch.enter(authority.issue("beta"))
    porch.knock("127.0.0.9").close()
    assert (await porch.hear())[0] == "127.0.0.9"
    assert porch.door.failures == 6


async def test_hosts_that_were_told_are_forgotten_when_they_are_too_many(porch, monkeypatch):
    monkeypatch.setattr(tls_door, "_HOSTS_TOLD", 2)
    for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2"):
        porch.knock(source).close()
        assert (await porch.hear())[0] == source


async def test_a_host_that_stalls_its_handshakes_does_not_keep_others_out(porch, authority, monkeypatch):
    monkeypatch.setattr(tls_door, "HANDSHAKES_OF_ONE_HOST", 3)
    for _ in range(4):
        porch.knock("127.0.0.2")
    assert await porch.hear() == ("127.0.0.2", "too many handshakes of this host at once")
    assert await porch.enter(authority.issue("beta"))


async def test_when_too_many_shake_hands_the_next_waits_for_one_to_end(porch, authority, monkeypatch):
    monkeypatch.setattr(tls_door, "HANDSHAKES", 2)
    first, _ = porch.knock("127.0.0.2"), porch.knock("127.0.0.3")
    entering = asyncio.get_running_loop().create_task(porch.enter(authority.issue("beta"), "127.0.0.4"))
    done, _ = await asyncio.wait((entering,), timeout=0.2)
    assert not done
    assert len(porch.door._handshakes) == 2
    first.close()
    assert await entering
    assert porch.door.failures == 1


async def test_without_descriptors_it_goes_on_a_little_later(porch, authority, monkeypatch):
    monkeypatch.setattr(tls_door, "RETRY_S", 0.1)

    class Exhausted:
        """A listening socket for which there is no descriptor at first."""

        def __init__(self, listening) -> None:
            self.listening = listening
            self.tries = 0

        def fileno(self):
            return self.listening.fileno()

        def accept(self):
            self.tries += 1
            if self.tries == 1:
                raise OSError(24, "Too many open files")
            return self.listening.accept()

    porch.door._rest()
    porch.door._listening = Exhausted(porch.listening)
    porch.door._listen()
    entering = asyncio.get_running_loop().create_task(porch.enter(authority.issue("beta")))
    news = await porch.hear()
    assert news == ("everybody", "too many open files")
    assert await entering


async def test_at_the_end_handshakes_under_way_are_given_up(porch, authority):
    knocking = porch.knock()
    assert await porch.enter(authority.issue("beta"))  # who came later is through: the first one is being waited for
    assert porch.door._handshakes
    await asyncio.wait_for(porch.door.close(), 10)
    assert not porch.door._handshakes
    loop = asyncio.get_running_loop()
    assert await asyncio.wait_for(loop.sock_recv(knocking, 10), 10) == b""
    with socket.create_connection(porch.address) as late:
        late.setblocking(False)  # noqa: FBT003 - its one parameter
        assert porch.links.empty()
        assert porch.told.empty()
