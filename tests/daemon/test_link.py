"""One link over a socket pair: lines in, bytes out, and the ways it ends."""

import asyncio
import socket

import pytest

from communicator.daemon import link as link_module
from communicator.daemon.link import LINGER_BYTES, Link
from communicator.daemon.settings import LimitsSettings
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import CloseReason, LinkKind
from tests.conftest import EVENTUALLY_S


class Owner:
    """Writes down what happens."""

    def __init__(self) -> None:
        self.story: list[object] = []
        self.news = asyncio.Event()

    def _note(self, word) -> None:
        self.story.append(word)
        self.news.set()

    def lines_received(self, _link, lines):
        self._note(lines)

    def line_too_long(self, link, limit_bytes):
        self._note(("too long", limit_bytes))
        link.send(Send(link.number, b"INVALID\n"))
        link.close(CloseReason.PROTOCOL)

    def link_ended(self, _link):
        self._note("ended")

    def link_closed(self, link):
        self._note(("closed", link.close_reason))

    def fell_behind(self, _link):
        self._note("fell behind")

    def caught_up(self, _link):
        self._note("caught up")

    async def hears(self, word) -> list[object]:
        while word not in self.story:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)
        return self.story


@pytest.fixture
async def owner():
    return Owner()


@pytest.fixture
def drain_s():
    """Long enough for a machine that is busy with other tests."""
    return 60.0


@pytest.fixture
async def pair(owner, drain_s):
    ours, theirs = socket.socketpair()
    limits = LimitsSettings(line_bytes=1024, queue_bytes=2**20, cache_service_bytes=2**19, drain_s=drain_s)
    link = Link(1, LinkKind.UNIX, lambda _: None, owner, limits, bytearray(4096))
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
    theirs.settimeout(EVENTUALLY_S)
    yield link, theirs
    if not any(isinstance(word, tuple) and word[0] == "closed" for word in owner.story):
        link.cut(CloseReason.DRAIN)
    theirs.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize("step", [1, 3, 100])
async def test_lines_come_out_whole_however_they_come_in(owner, pair, step):
    link, peer = pair
    text = b"ONE\nTWO a=b\n\nTHREE"
    for at in range(0, len(text), step):
        peer.send(text[at : at + step])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    peer.shutdown(socket.SHUT_WR)
    story = await owner.hears("ended")
    assert b"".join(part for part in story if isinstance(part, bytes)) == text + b"\n"
    assert all(part.endswith(b"\n") for part in story if isinstance(part, bytes))
    assert link.measure().received_bytes == len(text)
    link.send(Send(1, b"ANSWER\n"))
    assert peer.recv(100) == b"ANSWER\n"
    assert link.measure().sent_bytes == 7


async def test_a_reproach_is_read_before_the_end(owner, pair, monkeypatch):
    monkeypatch.setattr(link_module, "LINGER_S", 60.0)  # it ends with its peer
    _, peer = pair
    peer.send(b"x" * 2000)
    await owner.hears(("too long", 1024))
    peer.send(b"more that nobody will read")
    assert peer.recv(100) == b"INVALID\n"
    assert peer.recv(100) == b""  # the end, not a reset
    peer.close()
    assert owner.story.count(("closed", CloseReason.PROTOCOL)) == 0
    await owner.hears(("closed", CloseReason.PROTOCOL))
    assert not any(isinstance(part, bytes) for part in owner.story)


async def test_who_goes_on_talking_after_a_reproach_is_cut(owner, pair):
    _, peer = pair
    loop = asyncio.get_running_loop()
    peer.setblocking(False)  # noqa: FBT003 - its one parameter
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        await loop.sock_sendall(peer, b"x" * 100 * LINGER_BYTES)
    assert owner.story[0] == ("too long", 1024)
    await owner.hears(("closed", CloseReason.PROTOCOL))


@pytest.mark.parametrize("drain_s", [0.1])
async def test_a_close_waits_for_what_is_queued_but_not_for_ever(owner, pair):
    link, peer = pair
    link.send(Send(1, b"x" * 900_000))
    link.close(CloseReason.DRAIN)
    link.close(CloseReason.SLOW)  # the first reason stays
    link.send(Send(1, b"too late"))
    await owner.hears(("closed", CloseReason.DRAIN))
    assert link.queued_bytes > 100_000
    assert owner.story.count(("closed", CloseReason.DRAIN)) == 1
    assert peer.recv(10)


async def test_a_close_loses_nothing_when_the_peer_reads(owner, pair):
    link, peer = pair
    link.send(Send(1, b"x" * 900_000))
    link.close(CloseReason.DRAIN)
    peer.setblocking(False)  # noqa: FBT003 - its one parameter
    received = 0
    while block := await asyncio.get_running_loop().sock_recv(peer, 2**20):
        received += len(block)
    assert received == 900_000
    await owner.hears(("closed", CloseReason.DRAIN))
    assert link.queued_bytes == 0


async def test_beyond_its_bound_it_is_cut_at_once(owner, pair):
    link, _ = pair
    link.send(Send(1, b"x" * 900_000))
    assert not link.closing
    link.send(Send(1, b"x" * 900_000, droppable=True))  # thrown away
    assert not link.closing
    link.send(Send(1, b"x" * 900_000))
    assert link.closing
    assert link.queued_bytes > 2**20
    await owner.hears(("closed", CloseReason.SLOW))


async def test_pauses_add_up(owner, pair):
    link, peer = pair
    link.pause_reading()
    link.pause_reading()
    peer.send(b"LATER\n")
    link.resume_reading()
    for _ in range(5):
        await asyncio.sleep(0)
    assert owner.story == []
    link.resume_reading()
    await owner.hears(b"LATER\n")


async def test_a_peer_that_hangs_up_is_reported_once(owner, pair):
    link, peer = pair
    peer.close()
    await owner.hears("ended")
    link.close(CloseReason.HUP)
    await owner.hears(("closed", CloseReason.HUP))
    assert owner.story == ["ended", ("closed", CloseReason.HUP)]


async def test_nothing_is_written_to_a_peer_that_is_gone(owner, pair, caplog):
    link, peer = pair
    peer.close()
    for _ in range(50):  # all in one turn: the loop has not told us yet
        link.send(Send(1, b"LATE\n"))
    assert link.sent_bytes == 5
    await owner.hears(("closed", CloseReason.HUP))
    assert caplog.records == []


async def test_the_owner_hears_when_it_falls_behind_and_catches_up(owner, pair):
    link, peer = pair
    link.transport.set_write_buffer_limits(2**16, 2**14)
    link.send(Send(1, b"x" * 500_000))
    assert (owner.story, link.behind) == (["fell behind"], True)
    peer.setblocking(False)  # noqa: FBT003 - its one parameter
    while link.behind:
        await asyncio.get_running_loop().sock_recv(peer, 2**20)
    assert owner.story == ["fell behind", "caught up"]
