"""A short form of `make fuzz` for the HTTP door of a live exporter, and proof that the fuzzer would notice a bad one."""

import asyncio
import contextlib
import random

import pytest

from fuzz.campaign import FoundError
from fuzz.http_campaign import GROWTH_BYTES, Witness, fuzz_http, judge
from fuzz.http_door import http_data
from fuzz.mutation import case_random

SECONDS = 2.0


async def test_an_exporter_lives_through_misbehaviour():
    assert await fuzz_http(random.getrandbits(32), SECONDS) > 10


@pytest.mark.parametrize(
    ("returncode", "growth_bytes", "log", "complaint"),
    [
        (-11, 0, "", "ended with -11"),
        (None, GROWTH_BYTES + 1, "", "grew by"),
        (None, 0, "level=info event=ready\nlevel=error event=x\n", "logged 1 errors"),
        (None, 0, "Traceback (most recent call last):\n", "logged 1 errors"),
    ],
    ids=["gone", "memory", "log", "traceback"],
)
def test_an_exporter_that_was_hurt_is_found(returncode, growth_bytes, log, complaint):
    with pytest.raises(FoundError, match=complaint):
        judge(returncode, growth_bytes, log)


def test_an_exporter_that_was_not_hurt_is_let_go():
    judge(None, GROWTH_BYTES, "level=warning event=credentials_refused\n")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"nonsense"])
async def test_a_scraper_that_is_not_served_says_so(answer):
    async def serve(reader, writer):
        with contextlib.closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with pytest.raises(FoundError, match="a well-behaved scraper got"):
            await Witness(server.sockets[0].getsockname()).watch()


def test_a_case_can_be_repeated_and_differs_from_others():
    data = [http_data(case_random(1, case)) for case in range(200)]
    assert data == [http_data(case_random(1, case)) for case in range(200)]
    assert len(set(data)) > 150
