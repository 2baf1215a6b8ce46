"""A short form of `make fuzz` for the doors of a live router, and proof that the fuzzer would notice a bad one."""

import asyncio
import contextlib
import random

import pytest

from communicator.testing import run_router
from fuzz.campaign import DOORS, GROWTH_BYTES, FoundError, Router, fuzz_door, judge
from fuzz.links import connect
from fuzz.witness import DisturbedError, Witness

SECONDS = 2.0


@pytest.mark.parametrize("name", DOORS)
async def test_a_router_lives_through_misbehaviour_at(name):
    async with run_router(log_level="warning") as router:
        addresses = Router(router.unix, router.local, router.signal, lambda: router.log)
        assert await fuzz_door(name, addresses, random.getrandbits(32), SECONDS) > 10


@contextlib.asynccontextmanager
async def pretender(answer):
    """A server on a loopback port that answers each line with `answer(line)`."""

    async def serve(reader, writer):
        with contextlib.closing(writer):
            while (line := await reader.readline()) and (reply := answer(line)):
                writer.write(reply)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


async def watch(answer):
    async with pretender(answer) as address:
        await Witness().watch(address, address, asyncio.Event())


WELCOME = b"HELP\nREADY my_address=127.0.0.1:4042\n"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda _line: b"", "link of a well-behaved client ended"),
        (lambda _line: b"INVALID message=no\n", "came instead of HELP"),
        (lambda line: WELCOME if b"REGISTER" in line else b"ALIVE_NOT n=0\n", "came instead of WITNESSED_ASK 0"),
    ],
    ids=["closes", "refuses", "answers something else"],
)
async def test_a_disturbed_client_says_so(answer, complaint):
    with pytest.raises(DisturbedError, match=complaint):
        await watch(answer)


async def test_a_router_that_is_gone_is_found():
    async with pretender(lambda _line: b"") as (host, port):
        address = f"cd://{host}:{port}"
        with pytest.raises(FoundError, match="instead of telling its statistics"):
            await fuzz_door("tcp", Router(address, address, address, str), 1, 0.1)


HEALTHY = {"boot_id": "x", "resident_bytes": 1_000_000, "handler_exceptions_total": {"lines": 0}}


@pytest.mark.parametrize(
    ("after", "log", "complaint"),
    [
        ({"boot_id": "y"}, "", "the first one is gone"),
        ({"handler_exceptions_total": {"lines": 1}}, "", "caught exceptions of its own"),
        ({"resident_bytes": 1_000_001 + GROWTH_BYTES}, "", "the router grew"),
        ({}, "level=info event=ready\nlevel=error event=x\n", "logged 1 errors"),
    ],
    ids=["started anew", "exceptions", "memory", "log"],
)
def test_a_router_that_was_hurt_is_found(after, log, complaint):
    with pytest.raises(FoundError, match=complaint):
        judge(HEALTHY, HEALTHY | after, log)


def test_a_router_that_was_not_hurt_is_let_go():
    judge(HEALTHY, HEALTHY | {"resident_bytes": 2_000_000}, "level=warning event=line_too_long\n")


async def test_links_read_line_by_line():
    async with pretender(lambda line: line + b"x\n") as address, connect(address) as link:
        await link.write(b"a\n")
        assert [await link.read_line(), await link.read_line()] == [b"a\n", b"x\n"]
