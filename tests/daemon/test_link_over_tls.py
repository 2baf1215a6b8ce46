"""Links over TLS, both ends ours: lines, back-pressure and the ways they end are those of a plain link, without half-closing."""

import asyncio
import contextlib
import socket
import ssl

import pytest

from communicator.daemon.dialler import Dialler
from communicator.daemon.link import Link, RemoteLimits
from communicator.daemon.remote_door import RemoteDoor
from communicator.daemon.tls import load_trust
from communicator.fairness.sources import Standing
from communicator.router.vocabulary.effects import Dial, Send
from communicator.router.vocabulary.events import CloseReason, LinkKind

HIGH, LOW = 2**20, 2**18
BUFFER_BYTES = 2**16


class End:
    """Owns one end, and writes down what happens there."""

    def __init__(self) -> None:
        self.story: list[object] = []
        self.received = bytearray()
        self.news = asyncio.Event()
        self.link: Link | None = None

    def _note(self, word) -> None:
        self.story.append(word)
        self.news.set()

    def welcome(self, link):
        self.link = link
        link.transport.set_write_buffer_limits(HIGH, LOW)
        self._note("opened")

    def lines_received(self, _link, lines):
        self.received += lines
        self.news.set()

    def line_too_long(self, link, limit_bytes):
        self._note(("too long", limit_bytes))
        self.say(b"INVALID\n")
        link.close(CloseReason.PROTOCOL)

    def link_ended(self, _link):
        self._note("ended")

    def link_closed(self, link):
        self._note(("closed", link.close_reason))

    def fell_behind(self, _link):
        self._note("fell behind")

    def caught_up(self, _link):
        self._note("caught up")

    def say(self, data: bytes) -> None:
        self.link.send(Send(self.link.number, data))

    async def until(self, is_so) -> None:
        while not is_so():
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 20)

    async def hears(self, word) -> None:
        await self.until(lambda: word in self.story)


@pytest.fixture
async def ends(authority, caplog):
    """The end of the router that was dialled, and of the one that dialled; nothing may be logged by the loop meanwhile."""
    caplog.set_level("INFO")
    ours, theirs = End(), End()
    buffer = bytearray(BUFFER_BYTES)  # shared, as by all links of a router
    limits = RemoteLimits(drain_s=60.0, line_bytes=2**16, queue_bytes=2**23)
    make = lambda end: Link(1, LinkKind.SECURE, end.welcome, end, limits, buffer)  # noqa: E731
    trust = load_trust(authority.issue("alpha"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        door = RemoteDoor(
            listening,
            lambda: trust.server,
            lambda: make(ours),
            lambda *told: pytest.fail(str(told)),
            lambda _host: Standing.NEW,
        )
        door.open()
        dialler = Dialler("127.0.0.1", lambda: trust.client, lambda _kind, _dial: make(theirs), pytest.fail)
        dialler.dial(Dial(1, *listening.getsockname(), secure=True))
        await ours.hears("opened")
        await theirs.hears("opened")
        yield ours, theirs
        for end in (ours, theirs):
            end.link.cut(CloseReason.DRAIN)
            await end.until(lambda end=end: end.story[-1][0] == "closed")
        await dialler.close()
        await door.close()
    assert caplog.records == []


async def test_lines_go_both_ways_at_once(ends):
    sent = b"".join(b"LINE number=%d\n" % number for number in range(20_000))
    for end in ends:
        for at in range(0, len(sent), 50_000):  # not at the ends of lines
            end.say(sent[at : at + 50_000])
    for end, other in (ends, ends[::-1]):
        await end.until(lambda end=end: len(end.received) == len(sent))
        assert end.received == sent
        assert end.link.measure().received_bytes == len(sent) == other.link.measure().sent_bytes


async def test_who_does_not_read_is_behind_and_catches_up(ends):
    ours, theirs = ends
    theirs.link.pause_reading()
    line = b"x" * 9_999 + b"\n"
    lines = 0
    while "fell behind" not in ours.story:
        ours.say(line)
        lines += 1
        await asyncio.sleep(0)
        assert lines < 10_000
    assert ours.link.behind
    assert ours.link.measure().send_queue_bytes >= HIGH
    assert theirs.received.count(b"\n") < lines
    theirs.link.resume_reading()
    await ours.hears("caught up")
    await theirs.until(lambda: theirs.received.count(b"\n") == lines)
    assert ours.story == ["opened", "fell behind", "caught up"]


async def test_beyond_its_bound_it_is_cut_at_once(ends):
    ours, theirs = ends
    theirs.link.pause_reading()
    for _ in range(10_000):
        ours.say(b"x" * 9_999 + b"\n")
    assert ours.link.closing
    assert ours.link.queued_bytes > 2**23
    await ours.hears(("closed", CloseReason.SLOW))


async def test_a_pause_holds_whatever_comes_in(ends):
    ours, theirs = ends
    ours.link.pause_reading()
    theirs.say(b"LATER\n")
    for _ in range(200):
        await asyncio.sleep(0)
    assert ours.received == b""
    ours.link.resume_reading()
    await ours.until(lambda: ours.received == b"LATER\n")


async def test_a_close_loses_nothing_and_ends_both(ends):
    ours, theirs = ends
    ours.say(b"x" * 60_000 + b"\n")
    ours.link.close(CloseReason.DRAIN)
    await theirs.until(lambda: len(theirs.received) == 60_001)
    await theirs.hears(("closed", CloseReason.HUP))
    await ours.hears(("closed", CloseReason.DRAIN))
    assert theirs.story[1:] == ["ended", ("closed", CloseReason.HUP)]
    assert ours.link.queued_bytes == 0


async def test_last_answers_are_written_when_the_other_end_has_said_all(ends):
    ours, theirs = ends
    theirs.link_ended = lambda _link: theirs.say(b"FAREWELL\n")
    ours.say(b"BYE\n")
    ours.link.close(CloseReason.DRAIN)
    await theirs.hears(("closed", CloseReason.HUP))
    assert theirs.received == b"BYE\n"
    for _ in range(20):
        theirs.say(b"LATE\n")
    assert theirs.link.measure().sent_bytes == len(b"FAREWELL\n")


async def test_a_reproach_is_read_before_the_end(ends):
    ours, theirs = ends
    theirs.say(b"x" * 70_000)
    await ours.hears(("too long", 2**16))
    await theirs.until(lambda: theirs.received == b"INVALID\n")
    await ours.hears(("closed", CloseReason.PROTOCOL))
    await theirs.hears(("closed", CloseReason.HUP))


async def test_a_link_that_is_torn_is_told_to_both(ends):
    ours, theirs = ends
    theirs.link.cut(CloseReason.SLOW)
    await theirs.hears(("closed", CloseReason.SLOW))
    await ours.hears(("closed", CloseReason.HUP))


@pytest.fixture
async def speak(authority):
    """Our end, and somebody who says some bytes and the end of it, all in one segment."""
    ours = End()
    trust = load_trust(authority.issue("alpha"))
    limits = RemoteLimits(drain_s=60.0)
    make = lambda: Link(1, LinkKind.SECURE, ours.welcome, ours, limits, bytearray(100))  # noqa: E731
    with socket.create_server(("127.0.0.1", 0)) as listening:
        door = RemoteDoor(
            listening, lambda: trust.server, make, lambda *told: pytest.fail(str(told)), lambda _host: Standing.NEW
        )
        door.open()

        def say(data: bytes) -> None:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = trust.client.wrap_bio(incoming, outgoing)
            with socket.create_connection(listening.getsockname(), timeout=20) as plain:
                while True:
                    try:
                        client.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        plain.sendall(outgoing.read())
                        incoming.write(plain.recv(2**16))
                client.write(data)
                with contextlib.suppress(ssl.SSLWantReadError):
                    client.unwrap()
                plain.sendall(outgoing.read())

        yield ours, lambda data: asyncio.to_thread(say, data)
        await door.close()


async def test_a_last_line_without_its_newline_counts(speak):
    ours, say = speak
    await say(b"ONE\nTWO")
    await ours.hears(("closed", CloseReason.HUP))
    assert ours.received == b"ONE\nTWO\n"
    assert ours.story == ["opened", "ended", ("closed", CloseReason.HUP)]


@pytest.mark.parametrize("how", ["dealt with", "closed", "cut short"])
async def test_who_hangs_up_is_gone_when_all_it_said_has_been_dealt_with(speak, how, eventually):
    ours, say = speak
    take = ours.lines_received

    def put_off(link, lines):
        link.pause_reading()
        take(link, lines)

    ours.lines_received = put_off
    await say(b"ONE\nTWO\n")
    await ours.hears("ended")

    async def is_lost() -> bool:
        return ours.link._lost

    await eventually(is_lost, bool)
    assert ours.story == ["opened", "ended"]
    ours.say(b"LATE\n")
    if how == "dealt with":
        ours.link.resume_reading()
    elif how == "closed":
        ours.link.close(CloseReason.HUP)
        ours.link.resume_reading()
    else:
        ours.link.close(CloseReason.DRAIN)
    assert ours.story[2:] == [("closed", CloseReason.DRAIN if how == "cut short" else CloseReason.HUP)]
    assert ours.link.measure().sent_bytes == 0
