"""The HTTP server on real sockets."""

import asyncio
import signal

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from communicator.errors import ListenError
from communicator.protocol import HostPort
from exporters.http_server import bind, serving


async def hello(_request):
    return PlainTextResponse("hello")


APPLICATION = Starlette(routes=[Route("/", hello)])


async def get(port, host="127.0.0.1"):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


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


async def test_what_nobody_would_act_on_is_not_logged(caplog):
    listener = bind("listen", HostPort("127.0.0.1", 0))
    port = listener.getsockname()[1]
    async with serving(APPLICATION, listener):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"nonsense\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()
        await writer.wait_closed()
        await get(port)
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_an_address_in_use_is_named():
    with bind("listen", HostPort("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError, match=rf"listen: cannot listen on '127.0.0.1:{port}': Address already in use$"):
            bind("listen", HostPort("127.0.0.1", port))


def test_a_name_that_is_none_is_named():
    with pytest.raises(ListenError, match=r"nowhere\.invalid"):
        bind("listen", HostPort("nowhere.invalid", 0))
