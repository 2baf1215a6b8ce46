"""The HTTP server on real sockets, in clear and with TLS."""

import asyncio
import contextlib
import signal
import ssl

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from communicator.errors import ListenError
from communicator.protocol import HostPort
from exporters.web.server import bind, serving
from exporters.web.settings import LimitsSettings
from exporters.web.tls import TlsFiles, load_context
from tests.exporters.web.calling import connected, server
from tests.exporters.web.certificates import Authority

LIMITS = LimitsSettings()


async def hello(_request):
    return PlainTextResponse("hello")


APPLICATION = Starlette(routes=[Route("/", hello)])
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def get(port, host="127.0.0.1", **options):
    async with connected(port, host, **options) as (reader, writer):
        writer.write(LAST)
        return await reader.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_it_serves_while_its_context_lasts(host):
    listener = bind("listen", HostPort(host, 0))
    host, port = listener.getsockname()[:2]
    async with serving(APPLICATION, listener):
        answer = await get(port, host)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"server:" not in answer.lower()
    assert answer.endswith(b"hello")
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await asyncio.open_connection(host, port)


async def test_signals_stay_with_the_daemon():
    before = signal.getsignal(signal.SIGTERM)
    async with serving(APPLICATION, bind("listen", HostPort("127.0.0.1", 0))) as _:
        await asyncio.sleep(0)
        assert signal.getsignal(signal.SIGTERM) is before


def test_an_address_in_use_is_named():
    with bind("listen", HostPort("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError, match=rf"listen: cannot listen on '127.0.0.1:{port}': Address already in use$"):
            bind("listen", HostPort("127.0.0.1", port))


def test_a_name_that_is_none_is_named():
    with pytest.raises(ListenError, match=r"nowhere\.invalid"):
        bind("listen", HostPort("nowhere.invalid", 0))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def issued(authority):
    return authority.issue("server", "localhost")


@pytest.fixture
def context(issued):
    return load_context(TlsFiles(*issued))


def secure(authority, *shown):
    return {"ssl": authority.client(*shown), "server_hostname": "localhost"}


def serial(writer):
    return writer.get_extra_info("peercert")["serialNumber"]


async def holds(served, eventually, expected):
    """Whether so many are connected, now or soon."""

    async def held():
        return len(served.door)

    return await eventually(held, lambda count: count == expected) == expected


async def is_empty(served, eventually):
    return await holds(served, eventually, 0)


async def test_https(authority, context, eventually):
    async with server(APPLICATION, LIMITS, context) as (port, served):
        assert (await get(port, **secure(authority))).endswith(b"hello")
        assert await is_empty(served, eventually)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01"], ids=range(3))
async def test_who_does_not_come_through_the_handshake_is_gone(authority, context, eventually, said):
    limits = LimitsSettings(request_s=2)  # within which who does come through has to
    async with server(APPLICATION, limits, context) as (port, served):
        async with connected(port) as (reader, writer):
            writer.write(said)
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in await reader.read()
        assert await is_empty(served, eventually)
        assert (await get(port, **secure(authority))).endswith(b"hello")


async def test_who_hangs_up_in_the_handshake_leaves_nothing_behind(context, eventually):
    async with server(APPLICATION, LIMITS, context) as (port, served):
        for said in (b"", b"\x16\x03\x01\x02"):
            async with connected(port) as (_, writer):
                writer.write(said)
        assert await is_empty(served, eventually)


async def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(authority, context):
    async with server(APPLICATION, LIMITS, context) as (port, _):
        answers = await asyncio.gather(*(get(port, **secure(authority)) for _ in range(20)))
    assert all(answer.endswith(b"hello") for answer in answers)


async def test_who_must_show_a_certificate_and_does_not_gets_nothing(authority, issued, eventually):
    context = load_context(TlsFiles(*issued, authority.ca))
    async with server(APPLICATION, LIMITS, context) as (port, served):
        with contextlib.suppress(OSError):
            assert b"hello" not in await get(port, **secure(authority))
        shown = authority.issue("client", "prometheus")
        assert (await get(port, **secure(authority, *shown))).endswith(b"hello")
        assert await is_empty(served, eventually)


async def test_a_new_certificate_counts_from_the_next_connection_on(authority, context):
    async with server(APPLICATION, LIMITS, context) as (port, served):
        async with connected(port, **secure(authority)) as (reader, writer):
            writer.write(REQUEST)
            await reader.readuntil(b"hello")
            before = serial(writer)
            served.renew(load_context(TlsFiles(*authority.issue("next", "localhost"))))
            assert await reader.read() == b"", "who came in by the old one comes anew"
        async with connected(port, **secure(authority)) as (_, writer):
            assert serial(writer) != before


async def test_who_has_just_come_is_still_answered_once(eventually):
    async with server(APPLICATION, LIMITS) as (port, served), connected(port) as (reader, writer):

        async def there():
            return len(served._server.server_state.connections)

        await eventually(there, lambda count: count == 1)
        served.renew(None)
        writer.write(REQUEST)
        assert (await reader.read()).endswith(b"hello"), "and closed"


async def test_http_may_become_https_and_back(authority, context):
    async with server(APPLICATION, LIMITS) as (port, served):
        assert (await get(port)).endswith(b"hello")
        served.renew(context)
        assert (await get(port, **secure(authority))).endswith(b"hello")
        served.renew(None)
        assert (await get(port)).endswith(b"hello")


async def test_a_client_that_reads_nothing_over_tls_is_cut(authority, context, eventually):
    async def large(_request):
        return PlainTextResponse("x" * 16_000_000)

    limits = LimitsSettings(answer_s=0.3, idle_s=0.05)
    application = Starlette(routes=[Route("/", large)])
    async with (
        server(application, limits, context) as (port, served),
        connected(port, limit=1024, **secure(authority)) as (_, writer),
    ):
        writer.write(REQUEST)
        assert await is_empty(served, eventually)


async def test_the_end_does_not_wait_for_a_handshake(context, eventually, caplog):
    limits = LimitsSettings(request_s=50)  # the test would end before
    async with contextlib.AsyncExitStack() as stack:
        async with server(APPLICATION, limits, context) as (port, served):
            await stack.enter_async_context(connected(port))
            assert await holds(served, eventually, 1)
        assert len(served.door) == 0
    assert [record for record in caplog.records if record.name == "uvicorn.error"] == []


def test_old_versions_of_tls_are_not_spoken(context):
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_handshakes_that_nobody_ends_keep_nobody_out(authority, context, eventually):
    async with server(APPLICATION, LimitsSettings(connections=2), context) as (port, served):

        async def there():
            return len(served.door)

        async with connected(port) as (first, _), connected(port):
            await eventually(there, lambda count: count == 2)
            assert (await get(port, **secure(authority))).endswith(b"hello")
            assert await first.read() == b"", "which has left for it"
