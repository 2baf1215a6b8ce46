"""Copies that are offered to a link: each is answered once, over real sockets too."""

import asyncio
import socket

import pytest

from communicator.daemon.link import COPIES_PART, Link
from communicator.daemon.offers import Offers
from communicator.daemon.settings import LimitsSettings
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import CloseReason, LinkKind

LIMITS = LimitsSettings(queue_bytes=2**20, cache_service_bytes=2**16, drain_s=60)


class Owner:
    def __init__(self):
        self.closed = asyncio.Event()

    def fell_behind(self, _link):
        pass

    def caught_up(self, _link):
        pass

    def link_closed(self, _link):
        self.closed.set()

    def link_ended(self, link):
        link.close(CloseReason.HUP)


class Answers:
    """What was answered, in order."""

    def __init__(self):
        self.said = []
        self.changed = asyncio.Event()

    def offer(self, link, name, data):
        link.offers.put(data, lambda: self._note(name, "taken"), lambda: self._note(name, "refused"))

    def _note(self, name, what):
        self.said.append((name, what))
        self.changed.set()

    async def until(self, count):
        while len(self.said) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 20)
        return self.said


@pytest.fixture
async def owner():
    return Owner()


@pytest.fixture
async def pair(owner):
    ours, theirs = socket.socketpair()
    link = Link(1, LinkKind.UNIX, lambda _: None, owner, LIMITS, bytearray(4096))
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
    link.transport.set_write_buffer_limits(2**20, 2**10)
    theirs.setblocking(False)  # noqa: FBT003 - its one parameter
    yield link, theirs
    if not owner.closed.is_set():
        link.cut(CloseReason.DRAIN)
    theirs.close()
    await asyncio.sleep(0)


async def test_what_has_left_is_taken(pair):
    link, theirs = pair
    answers = Answers()
    answers.offer(link, 1, b"copy\n")
    assert answers.said == []
    assert await answers.until(1) == [(1, "taken")]
    assert theirs.recv(100) == b"copy\n"


async def test_what_waits_here_is_not_taken_before_it_leaves(pair):
    link, theirs = pair
    answers = Answers()
    answers.offer(link, 1, b"x" * 2**22)
    answers.offer(link, 2, b"too much waits\n")
    assert answers.said == [(2, "refused")]
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(answers.said) == 1
    read = 0
    while read < 2**22:
        read += len(await asyncio.get_running_loop().sock_recv(theirs, 2**20))
    assert await answers.until(2) == [(2, "refused"), (1, "taken")]


async def test_the_rest_of_the_queue_is_for_others(pair):
    link, _ = pair
    answers = Answers()
    while not link.transport.get_write_buffer_size():
        link.send(Send(1, b"x" * 2**16))
    filler = LIMITS.queue_bytes // COPIES_PART - link.transport.get_write_buffer_size()
    link.send(Send(1, b"x" * filler))
    answers.offer(link, 1, b"fits\n")
    answers.offer(link, 2, b"does not\n")
    assert answers.said == [(2, "refused")]
    link.cut(CloseReason.DRAIN)
    assert await answers.until(2) == [(2, "refused"), (1, "refused")]


@pytest.mark.parametrize("end", ["close", "cut", "gone"])
async def test_a_link_that_ends_has_refused(pair, owner, end):
    link, theirs = pair
    answers = Answers()
    answers.offer(link, 1, b"x" * 2**22)
    if end == "gone":
        theirs.close()
    elif end == "cut":
        link.cut(CloseReason.DRAIN)
    else:
        link.close(CloseReason.DRAIN)
        theirs.close()
    await asyncio.wait_for(owner.closed.wait(), 20)
    assert answers.said == [(1, "refused")]
    answers.offer(link, 2, b"later\n")
    assert answers.said[1:] == [(2, "refused")]


class Broken:
    """A link that cannot be written to."""

    sent_bytes = left_bytes = 0

    def send_copy(self, _data):
        raise OSError("no")


def test_what_fails_is_answered_too():
    offers, said = Offers(Broken()), []
    with pytest.raises(OSError, match="no"):
        offers.put(b"x\n", lambda: said.append("taken"), lambda: said.append("refused"))
    assert said == ["refused"]
