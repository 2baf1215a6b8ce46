"""Dials over real sockets: links that come of them, and in what words the others fail."""

import asyncio
import contextlib
import socket

import msgspec
import pytest

from communicator.daemon import dialler as dialler_module
from communicator.daemon.dialler import Dialler, Target
from communicator.daemon.network_settings import TlsSettings
from communicator.daemon.tls import load_trust
from communicator.protocol.addresses import HostPort
from communicator.router.vocabulary.effects import Dial
from communicator.router.vocabulary.events import LinkKind


class Made(asyncio.Protocol):
    """Stands for a link."""

    def __init__(self, kind, dial, news) -> None:
        self.kind, self.dial, self.news = kind, dial, news

    def connection_made(self, transport):
        self.transport = transport
        self.news.put_nowait(self)


class Caller:
    """A dialler, and all that comes of it, in order."""

    def __init__(self, own_ip: str = "127.0.0.1", tls: TlsSettings | None = None) -> None:
        self.news: asyncio.Queue = asyncio.Queue()
        trust = load_trust(tls or TlsSettings())
        enter = lambda kind, dial: Made(kind, dial, self.news)  # noqa: E731
        self.dialler = Dialler(own_ip, lambda: trust.client, enter, self.news.put_nowait)

    async def dial(self, address, *, secure=False, number=7):
        self.dialler.dial(Dial(number, *address[:2], secure))
        news = await asyncio.wait_for(self.news.get(), 20)
        assert self.news.empty()
        assert news.dial == number
        return news


@pytest.fixture
async def call(monkeypatch):
    for name in ("CONNECT_S", "HANDSHAKE_S"):
        monkeypatch.setattr(dialler_module, name, 20.0)  # nobody here is slow but the machine
    callers = []

    def make(*arguments, **named) -> Caller:
        callers.append(Caller(*arguments, **named))
        return callers[-1]

    yield make
    for caller in callers:
        await caller.dialler.close()


class Host(asyncio.Protocol):
    """The other end."""

    def __init__(self, peers, greet) -> None:
        self.peers, self.greet = peers, greet

    def connection_made(self, transport):
        self.peers.put_nowait(transport)
        self.greet(transport)


@contextlib.asynccontextmanager
async def _listening(host="127.0.0.1", tls: TlsSettings | None = None, greet=lambda _: None):
    """A server that takes whoever comes; its address, and the links it took."""
    peers: asyncio.Queue = asyncio.Queue()
    context = load_trust(tls).server if tls else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Host(peers, greet), host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname(), peers
    finally:
        server.close()
        while not peers.empty():
            peers.get_nowait().abort()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_dial_becomes_a_link_with_its_number(call, host):
    async with _listening(host) as (address, _):
        made = await call().dial(address)
        assert (made.kind, made.dial) == (LinkKind.REMOTE, 7)
        made.transport.abort()


async def test_a_host_may_be_given_by_name(call):
    async with _listening() as (address, _):
        made = await call().dial(("localhost", address[1]))
        assert made.kind is LinkKind.REMOTE
        made.transport.abort()


@pytest.mark.parametrize(
    ("own_ip", "host", "source"),
    [
        ("127.0.0.7", "127.0.0.1", "127.0.0.7"),
        ("10.1.2.3", "127.0.0.1", "127.0.0.1"),  # not loopback: the system chooses
        ("127.0.0.7", "::1", "::1"),
    ],
)
async def test_on_loopback_a_link_comes_from_our_own_address(call, own_ip, host, source):
    async with _listening(host) as (address, _):
        made = await call(own_ip).dial(address)
        assert made.transport.get_extra_info("sockname")[0] == source
        made.transport.abort()


def test_a_loopback_source_is_not_taken_to_reach_others():
    far = Target(socket.AF_INET, "192.0.2.1", ("192.0.2.1", 1))
    assert not Dialler("127.0.0.7", None, None, None)._comes_from(far)


async def test_a_dial_over_tls_becomes_a_secure_link(call, authority):
    async with _listening(tls=authority.issue("alpha")) as (address, _):
        made = await call(tls=authority.issue("beta")).dial(address, secure=True)
        assert made.kind is LinkKind.SECURE
        assert made.transport.get_extra_info("peercert")["subjectAltName"] == (("DNS", "alpha"),)
        made.transport.abort()


async def test_who_is_not_there_refuses(call):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert (await call().dial(bound.getsockname())).reason == "refused"


async def test_a_name_that_nobody_knows_is_told(call):
    assert (await call().dial(("no-such-host.invalid", 1))).reason == "its name is not known"


async def test_who_does_not_answer_in_time_is_given_up(call, monkeypatch):
    monkeypatch.setattr(dialler_module, "CONNECT_S", 0.3)
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # a full backlog leaves further ones without an answer
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its one parameter
            waiting.connect_ex(full.getsockname())
        assert (await call().dial(full.getsockname())).reason == "no answer within 0.3 s"


async def test_of_several_addresses_the_first_that_answers_is_taken(call):
    caller = call()
    async with _listening() as (address, _):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            targets = [Target(socket.AF_INET, "127.0.0.1", where) for where in (bound.getsockname(), address)]

            class Names:
                async def find(self, _host_port: HostPort) -> list[Target]:
                    return targets

            caller.dialler._resolver = Names()
            made = await caller.dial(("two", 1))
            made.transport.abort()
            targets.reverse()
            (await caller.dial(("two", 1))).transport.abort()
            targets[:] = targets[1:]
            assert (await caller.dial(("two", 1))).reason == "refused"


async def test_a_certificate_that_is_not_believed_ends_it(call, authority, tmp_path_factory):
    stranger = type(authority)(tmp_path_factory.mktemp("other")).issue("alpha")
    async with _listening(tls=stranger) as (address, _):
        failed = await call(tls=authority.issue("beta")).dial(address, secure=True)
        assert failed.reason.startswith("certificate: ")
        nothing_to_verify_with = await call().dial(address, secure=True)
        assert nothing_to_verify_with.reason.startswith("certificate: ")


async def test_an_expired_certificate_ends_it(call, authority):
    async with _listening(tls=authority.issue("alpha", expired=True)) as (address, _):
        failed = await call(tls=authority.issue("beta")).dial(address, secure=True)
        assert failed.reason == "certificate: certificate has expired"


async def test_who_speaks_no_tls_is_told_apart(call, authority):
    greet = lambda transport: transport.write(b"<alpha:communicatord INVALID command=CONNECT\n")  # noqa: E731
    async with _listening(greet=greet) as (address, _):
        assert (await call(tls=authority.issue("beta")).dial(address, secure=True)).reason == "it does not speak TLS"


async def test_who_stalls_the_handshake_is_given_up(call, authority, monkeypatch):
    monkeypatch.setattr(dialler_module, "HANDSHAKE_S", 0.3)
    async with _listening() as (address, _):
        failed = await call(tls=authority.issue("beta")).dial(address, secure=True)
        assert failed.reason.startswith("no TLS answer within")


async def test_who_hangs_up_during_the_handshake_is_told(call, authority):
    async with _listening(greet=lambda transport: transport.abort()) as (address, _):
        failed = await call(tls=authority.issue("beta")).dial(address, secure=True)
        assert failed.reason == "it hung up during the TLS handshake"


async def test_at_the_end_dials_under_way_are_given_up_in_silence(call, authority):
    async with _listening() as (address, _):
        caller = call(tls=authority.issue("beta"))
        caller.dialler.dial(Dial(1, *address, True))  # noqa: FBT003 - data
        caller.dialler.dial(Dial(2, *address, True))  # noqa: FBT003 - data
        await asyncio.wait_for(caller.dialler.close(), 60)
        caller.dialler.dial(Dial(3, *address, False))  # noqa: FBT003 - data
        assert caller.news.empty()
        assert not caller.dialler._dials


async def test_the_certificate_we_show_is_the_one_of_now(call, authority):
    alpha = msgspec.structs.replace(authority.issue("alpha"), require_client_certificate=True)
    async with _listening(tls=alpha) as (address, peers):
        caller = call()
        trusts = [load_trust(authority.issue(name)) for name in ("beta", "gamma")]
        caller.dialler._context = lambda: trusts.pop(0).client
        for name in ("beta", "gamma"):
            made = await caller.dial(address, secure=True)
            peer = await asyncio.wait_for(peers.get(), 20)
            assert peer.get_extra_info("peercert")["subjectAltName"] == (("DNS", name),)
            made.transport.abort()
            peer.abort()
