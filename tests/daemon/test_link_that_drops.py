"""A link that would rather lose the oldest than be cut or hold anybody up, over a socket pair."""

import asyncio
import socket
from itertools import pairwise

import pytest

from communicator.daemon.back_pressure import water_marks
from communicator.daemon.link import Link
from communicator.daemon.settings import LimitsSettings
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import CloseReason, LinkKind

QUEUE_BYTES = 2**16
LIMITS = LimitsSettings(queue_bytes=QUEUE_BYTES, cache_service_bytes=2**15, drain_s=60)
LINE_BYTES = 1000


class Owner:
    """Counts what was thrown away."""

    def __init__(self) -> None:
        self.dropped = 0
        self.turns: list[str] = []
        self.closed = asyncio.Event()

    def lines_dropped(self, _link, lines):
        self.dropped += lines

    def fell_behind(self, _link):
        self.turns.append("behind")

    def caught_up(self, _link):
        self.turns.append("caught up")

    def link_closed(self, _link):
        self.closed.set()

    def link_ended(self, link):
        link.close(CloseReason.HUP)


def line(number: int) -> bytes:
    return (b"%06d " % number).ljust(LINE_BYTES - 1, b".") + b"\n"


def numbers(text: bytes) -> list[int]:
    assert text.endswith(b"\n")
    return [int(part[:6]) for part in text.splitlines()]


async def _read(peer: socket.socket, until: int) -> bytes:
    """What the peer reads up to the line of a number."""
    text = bytearray()
    while not text.endswith(line(until)):
        text += await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 2**20), 20)
    return bytes(text)


@pytest.fixture
async def owner():
    return Owner()


@pytest.fixture
async def pair(owner):
    ours, theirs = socket.socketpair()
    link = Link(1, LinkKind.UNIX, lambda _: None, owner, LIMITS, bytearray(4096))
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
    high, low = water_marks(QUEUE_BYTES)
    link.transport.set_write_buffer_limits(high, low)
    theirs.setblocking(False)  # noqa: FBT003 - its one parameter
    yield link, theirs
    if not owner.closed.is_set():
        link.cut(CloseReason.DRAIN)
    theirs.close()
    await asyncio.sleep(0)


async def _fill(link: Link, count: int) -> None:
    for number in range(count):
        link.send(Send(1, line(number)))
        if number % 10 == 0:
            await asyncio.sleep(0)


async def test_who_does_not_read_gets_the_newest_and_what_was_in_flight(owner, pair):
    link, peer = pair
    link.set_drops(True)
    await _fill(link, 5000)
    assert not link.closing
    assert owner.dropped > 4000
    assert link.measure().send_queue_bytes <= QUEUE_BYTES
    heard = numbers(await _read(peer, 4999))
    assert heard == sorted(set(heard))
    assert len(heard) == 5000 - owner.dropped
    gaps = [number for earlier, number in pairwise(heard) if number != earlier + 1]
    assert len(gaps) == 1  # all that is missing is in one piece: the oldest that had not left yet
    assert owner.turns[-1] == "caught up"
    assert link.measure().sent_bytes == len(heard) * LINE_BYTES


async def test_once_it_has_caught_up_nothing_is_lost(owner, pair):
    link, peer = pair
    link.set_drops(True)
    await _fill(link, 2000)
    await _read(peer, 1999)
    dropped = owner.dropped
    for number in range(3000, 3010):
        link.send(Send(1, line(number)))
    assert numbers(await _read(peer, 3009)) == list(range(3000, 3010))
    assert owner.dropped == dropped


async def test_a_close_in_good_order_writes_what_waits(owner, pair):
    link, peer = pair
    link.set_drops(True)
    await _fill(link, 2000)
    link.send(Send(1, b"999999 QUITTING\n"))
    link.close(CloseReason.DRAIN)
    text = bytearray()
    while part := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 2**20), 20):
        text += part
    assert numbers(bytes(text))[-2:] == [1999, 999999]
    assert len(numbers(bytes(text))) == 2001 - owner.dropped


async def test_what_waits_is_lost_with_the_link_and_counted(owner, pair):
    link, _ = pair
    link.set_drops(True)
    await _fill(link, 2000)
    waiting = link.measure().send_queue_bytes
    link.cut(CloseReason.DRAIN)
    assert link.queued_bytes == waiting > QUEUE_BYTES // 4
    await asyncio.wait_for(owner.closed.wait(), 20)


async def test_a_link_that_drops_no_longer_keeps_its_order(owner, pair):
    link, peer = pair
    link.set_drops(True)
    await _fill(link, 2000)
    link.set_drops(False)
    dropped = owner.dropped
    link.send(Send(1, line(2000)))
    assert not link.closing
    assert numbers(await _read(peer, 2000))[-3:] == [1998, 1999, 2000]
    await _fill(link, 5000)
    assert (link.closing, link.close_reason, owner.dropped) == (True, CloseReason.SLOW, dropped)


async def test_to_a_peer_that_is_gone_nothing_is_written(owner, pair):
    link, peer = pair
    link.set_drops(True)
    await _fill(link, 2000)
    peer.close()
    await asyncio.wait_for(owner.closed.wait(), 20)
    sent = link.measure().sent_bytes
    link.close(CloseReason.HUP)
    assert link.measure().sent_bytes == sent
