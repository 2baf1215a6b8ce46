"""Slow, greedy and malicious clients on real sockets: each has its end, and nobody else notices."""

import asyncio
import contextlib
import socket
import struct

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from exporters.web.application import application
from exporters.web.guard import Form, Guard
from exporters.web.headers import HEAD_BYTES
from exporters.web.settings import LimitsSettings
from tests.exporters.web.calling import connected, server

LARGE = "x" * 16_000_000
PATIENT = LimitsSettings()
HURRIED = LimitsSettings(request_s=0.5, answer_s=1, idle_s=0.5)
"""And not so hurried that who is quick could be late on a busy machine."""
PIECE_S = 0.03
"""Between the pieces of a slow client: each would be in time by itself."""

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class House:
    """An application with a quick page, a large one, and one that waits until it is let."""

    def __init__(self):
        self.let = asyncio.Event()
        self.entered = asyncio.Event()
        routes = [Route("/", self.quick), Route("/large", self.large), Route("/slow", self.slow)]
        self.application = application(routes, Guard())

    async def quick(self, _request):
        return PlainTextResponse("quick")

    async def large(self, _request):
        return PlainTextResponse(LARGE)

    async def slow(self, _request):
        self.entered.set()
        await self.let.wait()
        return PlainTextResponse("slow")


@pytest.fixture
async def house():
    return House()


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog):
    """What clients do is no fault of ours: neither uvicorn nor the loop complains."""
    yield
    assert [record.getMessage() for record in caplog.records if "took" not in record.getMessage()] == []


async def status(reader):
    return int((await reader.readuntil(b"\r\n\r\n")).split()[1])


async def is_well(port):
    async with connected(port) as (reader, writer):
        writer.write(LAST)
        return (await reader.read()).endswith(b"\r\n\r\nquick")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [(b"", b""), (b"G", b"408"), (b"GET / HTTP/1.1\r\n", b"408"), (REQUEST[:-1], b"408")],
    ids=["nothing", "a letter", "a line", "all but the end"],
)
async def test_a_request_has_to_come_in_time(house, sent, answered):
    async with server(house.application, HURRIED) as (port, _), connected(port) as (reader, writer):
        writer.write(sent)
        told = await reader.read()
        assert told[9:12] == answered
        assert (b"content-security-policy" in told) == bool(told)
        assert await is_well(port)


async def test_pieces_do_not_make_it_longer(house, eventually):
    async with server(house.application, HURRIED) as (port, served), connected(port) as (reader, writer):
        answer, pieces = asyncio.get_running_loop().create_task(reader.read()), 0
        while not answer.done():
            writer.write(b"x: y\r\n" if pieces else b"GET / HTTP/1.1\r\n")
            pieces += 1
            await asyncio.wait([answer], timeout=PIECE_S)
        with contextlib.suppress(ConnectionError):  # the end may come as a reset, since we go on writing
            assert (await answer)[9:12] == b"408"
        assert pieces > 1
        await eventually(lambda: _held(served), lambda held: held == 0)


async def test_a_second_request_has_to_come_in_time_too(house):
    limits = LimitsSettings(request_s=HURRIED.request_s, idle_s=60)
    async with server(house.application, limits) as (port, _), connected(port) as (reader, writer):
        writer.write(REQUEST)
        assert await status(reader) == 200
        await reader.readexactly(len("quick"))
        writer.write(b"GET / HT")
        assert await status(reader) == 408


async def test_a_connection_may_wait_for_so_long(house):
    async with server(house.application, HURRIED) as (port, served), connected(port) as (reader, writer):
        writer.write(REQUEST)
        assert (await reader.read()).endswith(b"quick"), "the server closed it"
        assert len(served.door) == 0


async def test_an_answer_may_take_its_time(house):
    async with server(house.application, HURRIED) as (port, _), connected(port) as (reader, writer):
        writer.write(REQUEST.replace(b"/ ", b"/slow "))
        await house.entered.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 2 * HURRIED.request_s)
        house.let.set()
        assert await status(reader) == 200


async def test_requests_one_after_the_other_are_all_answered(house):
    async with server(house.application, PATIENT) as (port, _), connected(port) as (reader, writer):
        writer.write(REQUEST * 5 + LAST)
        assert (await reader.read()).count(b"\r\n\r\nquick") == 6


async def test_head_is_answered_without_a_body(house):
    async with server(house.application, PATIENT) as (port, _), connected(port) as (reader, writer):
        writer.write(LAST.replace(b"GET", b"HEAD"))
        told = await reader.read()
        assert told.startswith(b"HTTP/1.1 200 ")
        assert told.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * HEAD_BYTES + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 2 * HEAD_BYTES, 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"x: y\r\n" * 70 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n", 200),
    ],
    ids=range(16),
)
async def test_what_is_no_good_request_is_refused_and_closed(house, sent, expected):
    async with server(house.application, PATIENT) as (port, served), connected(port) as (reader, writer):
        writer.write(sent)
        assert await status(reader) == expected
        with contextlib.suppress(ConnectionError):  # it may close while we still write
            await reader.read()
        assert await is_well(port)
        assert len(served.door) <= 1


@pytest.mark.parametrize("before_the_answer", [True, False])
async def test_nonsense_behind_a_request_ends_the_connection_and_no_more(house, before_the_answer):
    async with server(house.application, PATIENT) as (port, _), connected(port) as (reader, writer):
        writer.write(REQUEST.replace(b"/ ", b"/slow "))
        await house.entered.wait()
        writer.write(b"nonsense\r\n\r\n" if before_the_answer else b"")
        house.let.set()
        assert await status(reader) == 200
        writer.write(b"" if before_the_answer else b"nonsense\r\n\r\n")
        assert b" 400 " in await reader.read()
        assert await is_well(port)


async def test_a_client_that_leaves_in_the_middle_is_forgotten(house, eventually):
    async with server(house.application, PATIENT) as (port, served):
        async with connected(port) as (_, writer):
            writer.write(REQUEST.replace(b"/ ", b"/slow "))
            await house.entered.wait()
        house.let.set()
        async with connected(port) as (reader, writer):
            writer.write(REQUEST.replace(b"/ ", b"/large "))
            await reader.readexactly(1000)
        await eventually(lambda: _held(served), lambda held: held == 0)


async def _held(served):
    return len(served.door)


@contextlib.contextmanager
def lazy_client(port):
    """Asks, and reads nothing."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(REQUEST.replace(b"/ ", b"/large "))
        yield


async def test_who_does_not_read_is_cut(house, eventually):
    async with server(house.application, LimitsSettings(answer_s=2, idle_s=0.01)) as (port, served):
        with lazy_client(port):
            await eventually(lambda: _held(served), lambda held: held == 1)
            assert await is_well(port)
            await eventually(lambda: _held(served), lambda held: held == 0)


async def test_who_reads_slowly_but_does_is_served(house):
    async with server(house.application, PATIENT) as (port, _), connected(port, limit=1024) as (reader, writer):
        writer.write(LAST.replace(b"/ ", b"/large "))
        assert await status(reader) == 200
        count = 0
        while data := await reader.read(1_000_000):
            count += len(data)
        assert count == len(LARGE)


async def test_no_more_than_so_many_come_in(house, eventually):
    async with server(house.application, LimitsSettings(connections=2)) as (port, served):
        async with connected(port) as one, connected(port) as other:
            for _, writer in (one, other):
                writer.write(REQUEST.replace(b"/ ", b"/slow "))
                await house.entered.wait()
                house.entered.clear()
            async with connected(port) as (refused, _):
                with contextlib.suppress(ConnectionError):
                    assert await refused.read() == b""
            house.let.set()
            assert [await status(reader) for reader, _ in (one, other)] == [200, 200]
            assert served.door.kept_out == 1
        await eventually(lambda: _held(served), lambda held: held == 0)
        assert await is_well(port)


async def test_who_has_asked_nothing_for_longest_leaves_for_who_asks(house, eventually):
    async with (
        server(house.application, LimitsSettings(connections=3)) as (port, served),
        connected(port) as first,
        connected(port) as half,
        connected(port) as idle,
    ):
        await eventually(lambda: _held(served), lambda held: held == 3)
        half[1].write(REQUEST[:-1])
        for reader, writer in (first, idle):
            writer.write(REQUEST)
            await reader.readuntil(b"quick")
        assert await is_well(port)
        assert await half[0].read() == b"", "which was not to be answered"
        assert served.door.kept_out == 1
        for reader, writer in (first, idle):
            writer.write(LAST)
            assert await status(reader) == 200


async def test_slow_clients_of_this_machine_keep_nobody_out(house):
    async with (
        server(house.application, LimitsSettings(connections=4)) as (port, served),
        contextlib.AsyncExitStack() as held,
    ):
        for number in range(1, 21):
            _, writer = await held.enter_async_context(connected(port))
            writer.write(REQUEST[:number])
            assert await is_well(port)
            assert len(served.door) <= 4


async def test_the_end_of_the_server_does_not_wait_for_who_says_nothing(house):
    async with contextlib.AsyncExitStack() as stack:
        async with server(house.application, PATIENT) as (port, served):
            for _ in range(3):
                await stack.enter_async_context(connected(port))
            reader, writer = await stack.enter_async_context(connected(port))
            writer.write(REQUEST)
            assert await status(reader) == 200
        # had it waited, uvicorn would have complained
        assert len(served.door) == 0


HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"


class Listener:
    """An application that takes bodies of up to 100 bytes, and sends them back."""

    def __init__(self):
        self.application = application([Route("/echo", self.echo, methods=["POST"])], Guard(form=Form(("POST",), 100)))

    async def echo(self, request):
        try:
            return PlainTextResponse(await request.body())
        except ClientDisconnect:
            return PlainTextResponse("nobody hears this")


async def test_a_body_may_come_in_pieces_and_the_connection_stays():
    async with server(Listener().application, PATIENT) as (port, _), connected(port) as (reader, writer):
        for _ in range(2):
            for piece in (HEAD[:20], HEAD[20:], b"01234", b"56789"):
                writer.write(piece)
                await writer.drain()
            assert await status(reader) == 200
            assert await reader.readexactly(10) == b"0123456789"


@pytest.mark.parametrize("piece", [b"", b"0", b"012345678"], ids=["nothing", "a byte", "all but the end"])
async def test_a_body_has_to_come_in_time(piece, eventually):
    async with server(Listener().application, HURRIED) as (port, served), connected(port) as (reader, writer):
        writer.write(HEAD + piece)
        assert await status(reader) == 408
        assert await reader.read() == b"Request Timeout\n"
        await eventually(lambda: _held(served), lambda held: held == 0)


async def test_a_body_that_was_refused_is_passed_over():
    large = HEAD.replace(b" 10\r\n", b" 200000\r\n")
    async with server(Listener().application, PATIENT) as (port, _), connected(port) as (reader, writer):
        writer.write(large + b"x" * 100_000)
        assert await status(reader) == 413
        await reader.readuntil(b"at most\n")
        writer.write(b"x" * 100_000 + HEAD + b"0123456789")
        assert await status(reader) == 200


async def test_a_body_that_never_comes_keeps_nobody_out(eventually):
    limits = LimitsSettings(connections=2)
    async with (
        server(Listener().application, limits) as (port, served),
        connected(port) as first,
        connected(port) as second,
    ):
        for _, writer in (first, second):
            writer.write(HEAD + b"0")
        await eventually(lambda: _held(served), lambda held: held == 2)
        async with connected(port) as (reader, writer):
            writer.write(HEAD + b"0123456789")
            assert await status(reader) == 200


async def test_head_and_body_of_an_answer_come_in_one_packet():
    async with server(Listener().application, PATIENT) as (port, _), connected(port) as (reader, writer):
        client = writer.get_extra_info("socket")
        for number in range(1, 4):
            writer.write(HEAD + b"0123456789")
            assert await status(reader) == 200
            await reader.readexactly(10)
            assert _packets_with_data(client) == number


def _packets_with_data(client):
    """How many have come, by tcp_info of the kernel's include/uapi/linux/tcp.h."""
    (packets,) = struct.unpack_from("=I", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160), 152)
    return packets
