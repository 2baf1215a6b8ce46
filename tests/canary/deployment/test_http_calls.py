"""Asking over HTTP, with servers that are good, away, silent, endless or false."""

import asyncio
import ssl

import pytest

from canary.deployment.http_calls import ANSWER_BYTES, Call, HttpCalls, UnansweredError, read_token
from communicator.errors import ConfigError
from communicator.testing.router_cluster import _reserved_address
from tests.canary.deployment.web import OK, answer, endless, headers_without_end, serving
from tests.exporters.web.certificates import Authority

LONG_S, SHORT_S = 60.0, 0.3


@pytest.fixture
def calls():
    calls = HttpCalls(1)
    yield calls
    calls.close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def server_tls(certificate, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (OK, 200, b"OK"),
        (answer(b"no", "401 Unauthorized"), 401, b"no"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, b"abc"),
        (answer(b"x" * ANSWER_BYTES), 200, b"x" * ANSWER_BYTES),
    ],
    ids=["good", "refused", "HTTP/1.0", "chunked", "as long as may be"],
)
async def test_an_answer(calls, said, status, body):
    async with serving(said) as served:
        assert await calls.call(Call(f"http://{served.address}/a?b=c", LONG_S, {"X-Y": "z"})) == (status, body)
    assert served.requests[0].startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "\r\nX-Y: z\r\n" in served.requests[0]


async def test_a_body_is_posted(calls):
    async with serving(OK) as served:
        await calls.call(Call(f"http://{served.address}", LONG_S, body=b"hello"))
    assert served.requests[0].startswith("POST / HTTP/1.1\r\n")
    assert served.bodies == [b"hello"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (answer(b"", "302 Found", "Location: http://127.0.0.1:1/there"), "sends us to 'http://127.0.0.1:1/there'"),
        (answer(b"", "307 Temporary Redirect"), "sends us to '', which is not followed: name that address"),
        (answer(b"x" * (ANSWER_BYTES + 1)), "answers with more than 1048576 bytes"),
        (endless, "answers with more than 1048576 bytes"),
        (b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP: BadStatusLine"),
        (b"", "closed the connection without an answer"),
        (headers_without_end, "does not speak HTTP: HTTPException('got more than 100 headers')"),
        (b"HTTP/1.1 200 " + b"x" * 100_000, "does not speak HTTP: LineTooLong"),
    ],
    ids=["redirect", "nowhere", "too long", "endless", "no HTTP", "closes", "headers", "long line"],
)
async def test_what_is_no_answer(calls, said, told):
    async with serving(said) as served:
        with pytest.raises(UnansweredError) as raised:
            await calls.call(Call(f"http://{served.address}/", LONG_S))
    assert str(raised.value).startswith(served.address)
    assert told in str(raised.value)


async def test_nobody_is_there(calls):
    with _reserved_address(1) as address, pytest.raises(UnansweredError, match="cannot be asked: Connection refused"):
        await calls.call(Call(f"http://{address}/", LONG_S))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 64 + ".example", "..."])
async def test_a_name_that_is_none(calls, host):
    with pytest.raises(UnansweredError, match="cannot be asked"):
        await calls.call(Call(f"http://{host}/", LONG_S))


@pytest.mark.parametrize("begins", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
async def test_whoever_falls_silent_is_given_up_and_holds_no_thread(calls, begins):
    async def silent(writer):
        writer.write(begins)
        await asyncio.Event().wait()

    async with serving(silent) as served, serving(OK) as other:
        with pytest.raises(UnansweredError, match=r"did not answer in 0\.3 s"):
            await calls.call(Call(f"http://{served.address}/", SHORT_S))
        assert (await calls.call(Call(f"http://{other.address}/", LONG_S))).body == b"OK"


async def test_whoever_drips_is_given_up_too(calls):
    """Each byte comes within the time limit; all of them do not."""
    stopped = asyncio.Event()

    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(SHORT_S / 10)
        finally:
            stopped.set()

    async with serving(drip) as served, serving(OK) as other:
        with pytest.raises(UnansweredError, match=r"did not answer in 0\.3 s"):
            await calls.call(Call(f"http://{served.address}/", SHORT_S))
        assert (await calls.call(Call(f"http://{other.address}/", LONG_S))).body == b"OK"
        await asyncio.wait_for(stopped.wait(), LONG_S)


async def test_the_certificate_is_verified(calls, authority, tmp_path):
    async with serving(OK, tls=server_tls(*authority.issue("good", "127.0.0.1"))) as served:
        url = f"https://{served.address}/"
        assert (await calls.call(Call(url, LONG_S, ca=str(authority.ca)))).body == b"OK"
        with pytest.raises(UnansweredError, match="a certificate that is not believed: unable to get local issuer"):
            await calls.call(Call(url, LONG_S))
        with pytest.raises(ConfigError, match=r"ca: .*none\.pem' cannot be read"):
            await calls.call(Call(url, LONG_S, ca=str(tmp_path / "none.pem")))
    async with serving(OK, tls=server_tls(*authority.issue("other", "127.0.0.2"))) as served:
        with pytest.raises(UnansweredError, match="a certificate that is not believed: IP address mismatch"):
            await calls.call(Call(f"https://{served.address}/", LONG_S, ca=str(authority.ca)))


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        ("two words", 0o600, "holds more than one token"),
        ("töken", 0o600, "holds more"),
        ("good", 0o644, "has mode 0644"),
    ],
)
def test_a_token_is_one_and_a_secret(tmp_path, content, mode, told):
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=told) as raised:
        read_token(str(file), "token_file")
    assert content not in str(raised.value)
