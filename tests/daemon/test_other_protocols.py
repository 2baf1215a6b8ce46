"""At the doors for lines, whoever speaks HTTP or TLS is answered and let go, and nothing of what it says is obeyed."""

import asyncio
import ssl

import pytest

PAGE = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:4040\r\nOrigin: http://evil.example\r\nContent-Type: text/plain;charset=UTF-8\r\n"
    b"Content-Length: 52\r\n\r\nx\nprinter/PAYLOAD from=webpage\nSTOP\nALIVE serial=x\n"
)
LINE_DOORS = ("unix", "local", "remote")
REMOTE = "listen.remote=127.0.0.1:0"


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Who does not hang up is let go of after a second, in which a busy machine may not have said all of it."""
    monkeypatch.setattr("communicator.daemon.link.LINGER_S", 60.0)


async def answer_to(router, door: str, pieces) -> bytes:
    peer = await router.connect(door)
    for piece in pieces:
        peer.writer.write(piece)
        await peer.writer.drain()
        await asyncio.sleep(0)
    answer = await peer.hear_rest()
    peer.close()
    return answer


@pytest.mark.parametrize("door", LINE_DOORS)
@pytest.mark.parametrize("size", [1, 5, len(PAGE)])
async def test_what_a_web_page_says_is_not_obeyed(run_router, door, size):
    async with run_router(REMOTE) as router:
        printer = await router.connect()
        await printer.register("printer", "PAYLOAD")
        answer = await answer_to(router, door, [PAGE[at : at + size] for at in range(0, len(PAGE), size)])
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"\r\n\r\n") == 1
        assert b"INVALID" not in answer
        assert b"ABSOLUTELY" not in answer
        printer.say("ALIVE serial=fence")
        assert "serial=fence" in await printer.hear()  # and nothing came before it
        assert not router.daemon.stopping.is_set()
        told = router.events("other_protocol")
        assert [entry["protocol"] for entry in told] == ["HTTP"]


@pytest.mark.parametrize("door", LINE_DOORS)
async def test_a_tls_client_at_a_door_in_clear_is_let_go(run_router, door):
    outgoing = ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    data = outgoing.read()
    async with run_router(REMOTE) as router:
        answer = await answer_to(router, door, [data[:1], data[1:] + b"\nSTOP\n"])
        assert b"does not speak TLS" in answer
        assert not router.daemon.stopping.is_set()
        assert [entry["protocol"] for entry in router.events("other_protocol")] == ["TLS"]


async def test_only_the_first_line_can_be_of_another_protocol(run_router):
    async with run_router() as router:
        peer = await router.connect()
        peer.say("ALIVE serial=1", "GET / HTTP/1.1", "ALIVE serial=2")
        await peer.hear_until("serial=1")
        assert "INVALID" in await peer.hear_until("INVALID")
        await peer.hear_until("serial=2")
        assert not router.events("other_protocol")
