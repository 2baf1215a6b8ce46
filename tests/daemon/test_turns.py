"""When the work of a link is done: cheap work at once, costly work in turn, and nothing is read of who waits."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from communicator.daemon.link import Link
from communicator.daemon.settings import LimitsSettings
from communicator.daemon.turns import ALLOWANCE_S, CHEAP_S, FORWARDED_S, SLICE_S, TRUSTED_READS, WATCHED_S, Turns
from communicator.router.vocabulary.events import CloseReason, Continued, LinesReceived, LinkEnded, LinkKind
from tests.conftest import EVENTUALLY_S

COSTLY_S = SLICE_S * 0.8
READ_BYTES = 64 * 1024
FILL = b"x" * 1023 + b"\n"


class Story:
    """What happened, in order; work takes as long as it is told to, on the clock and of processor time."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.again: dict[int, int] = {}
        """By number of a link: how often its router has more to do than it does at once."""
        self.stalled: set[Link] = set()
        self.now_s = self.cpu_s = 100.0
        self.takes_s: dict[int, float] = {}
        """By number of a link: how long its work takes."""
        self.waits_s: dict[int, float] = {}
        """How long the processor meanwhile works for others."""
        self.handled: Callable[[int], None] = lambda _number: None
        """Called with the number of a link of which something was handled."""
        self.links: dict[int, Link] = {}
        self.turns = Turns(self.stalled.__contains__, self.handle, self.measure, lambda: self.now_s, lambda: self.cpu_s)

    def _work(self, number):
        self.cpu_s += self.takes_s.get(number, 0.0)
        self.now_s += self.takes_s.get(number, 0.0) + self.waits_s.get(number, 0.0)

    def handle(self, event, link):
        self._work(event.link)
        self.told.append((event.link, _word(event)))
        self.handled(event.link)
        if self.again.get(event.link):
            self.again[event.link] -= 1
            self.turns.put_off(link)

    def measure(self, link):
        self._work(link.number)
        self.told.append((link.number, "measured"))

    def lines_received(self, link, lines):
        self.turns.take(link, LinesReceived(link.number, lines))

    def link_ended(self, link):
        self.turns.take(link, LinkEnded(link.number))

    def line_too_long(self, link, limit_bytes): ...
    def link_closed(self, link): ...
    def fell_behind(self, link): ...
    def caught_up(self, link): ...

    async def make_busy(self, link):
        """Let a link use up its allowance, and the turns pass that this takes."""
        self.takes_s[link.number] = ALLOWANCE_S
        for _ in range(9):
            self.turns.take(link, LinesReceived(link.number, b"COSTLY\n"))
            await _pass()
        self.takes_s[link.number] = 0.0
        self.told.clear()


async def _pass() -> None:
    """Let the loop turn until what was overdrawn is forgotten."""
    for _ in range(5):
        await asyncio.sleep(0)


def _word(event):
    match event:
        case LinesReceived(_, lines):
            return lines.split(b"\n")[0][:10].decode()
        case Continued():
            return "goes on"
    return "ended"


@pytest.fixture
async def story():
    return Story()


@pytest.fixture
async def links(story):
    """Three links, each with the socket of its peer."""
    made = []
    for number in (1, 2, 3):
        ours, theirs = socket.socketpair()
        theirs.settimeout(0)
        link = Link(number, LinkKind.UNIX, lambda _: None, story, LimitsSettings(), bytearray(READ_BYTES))
        await asyncio.get_running_loop().create_unix_connection(lambda link=link: link, sock=ours)
        made.append((link, theirs))
    yield made
    for link, theirs in made:
        link.cut(CloseReason.DRAIN)
        theirs.close()
    await asyncio.sleep(0)


async def _until(story: Story, *words) -> None:
    async with asyncio.timeout(EVENTUALLY_S):
        while not set(words) <= set(story.told):  # noqa: ASYNC110 - it counts turns of the loop, and nobody tells of those
            await asyncio.sleep(0)


def _fill(wire) -> None:
    """Write more than a link reads at once many times over."""
    try:
        while True:
            wire.send(FILL * 64)
    except BlockingIOError:
        return


async def test_cheap_work_is_done_at_once(story, links):
    (first, _), (second, _), _ = links
    await story.make_busy(second)
    story.takes_s = {1: CHEAP_S * 0.9}
    for number in range(100):
        story.turns.take(first, LinesReceived(1, b"%d\n" % number))
    assert story.told == [(1, str(number)) for number in range(100)]


async def test_work_that_waited_for_the_processor_is_not_costly(story, links):
    (first, _), _, _ = links
    story.waits_s = {1: 1.0}
    for _ in range(100):
        story.turns.take(first, LinesReceived(1, b"HELD_UP\n"))
        await _pass()
    assert len(story.told) == 100
    story.waits_s = {}
    await story.make_busy(first)
    story.takes_s = {1: SLICE_S * 2}
    story.turns.take(first, LinesReceived(1, b"LAST\n"))
    story.turns.take(first, LinesReceived(1, b"LATER\n"))
    assert (1, "LATER") not in story.told, "else nothing would be shown above"


async def test_a_few_costly_lines_make_no_link_busy(story, links):
    (first, _), _, _ = links
    story.takes_s = {1: ALLOWANCE_S * 0.3}
    for _ in range(4):  # the first of them is not timed exactly
        story.turns.take(first, LinesReceived(1, b"REGISTER\n"))
        await _pass()
    assert len(story.told) == 4
    assert first.transport.is_reading()


async def test_the_processor_time_of_who_was_cheap_for_many_reads_is_not_asked_for(story, links):
    (first, _), _, _ = links
    asked = []
    turns = Turns(
        story.stalled.__contains__, story.handle, story.measure, lambda: story.now_s, lambda: asked.append(1) or 0.0
    )
    story.takes_s = {1: CHEAP_S * 2}
    turns.take(first, LinesReceived(1, b"REGISTER\n"))
    story.takes_s = {}
    for _ in range(TRUSTED_READS * 4):
        turns.take(first, LinesReceived(1, b"CHEAP\n"))
    assert len(asked) == 2 * (TRUSTED_READS - 1), (
        "the costly one might have waited for the processor: it counts as cheap"
    )


async def test_who_is_costly_again_and_again_between_cheap_reads_is_busy_all_the_same(story, links):
    (first, _), _, _ = links
    for number in range(60 * TRUSTED_READS):
        story.takes_s = {1: CHEAP_S * 5 if number % (TRUSTED_READS - 1) == 0 else 0.0}
        story.turns.take(first, LinesReceived(1, b"%d\n" % number))
    assert len(story.told) < 60 * TRUSTED_READS


async def test_one_turn_makes_up_for_any_overdraft(story, links):
    (first, _), (second, _), _ = links
    await story.make_busy(first)
    await story.make_busy(second)
    await asyncio.sleep(0)
    story.takes_s = {1: SLICE_S * 1000}
    story.turns.take(first, LinesReceived(1, b"LONG\n"))
    story.turns.take(second, LinesReceived(2, b"NEXT\n"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert story.told == [(1, "LONG"), (2, "NEXT")]


async def test_who_is_busy_waits_for_the_next_turn_once_its_slice_is_used_up(story, links):
    (first, _), (second, _), _ = links
    await story.make_busy(first)
    await asyncio.sleep(0)
    story.takes_s = {1: SLICE_S * 1.5}
    for word in (b"ONE\n", b"TWO\n", b"THREE\n"):
        story.turns.take(first, LinesReceived(1, word))
    story.turns.take(second, LinesReceived(2, b"CHEAP\n"))
    first_told = list(story.told)
    await _until(story, (1, "THREE"))
    assert (2, "CHEAP") in first_told
    assert (1, "THREE") not in first_told
    assert [word for number, word in story.told if number == 1] == ["ONE", "TWO", "THREE"]


async def test_a_stream_that_never_ends_keeps_nobody_waiting_for_longer_than_a_slice(story, links):
    (busy, flood), (_, wire), _ = links
    await story.make_busy(busy)
    story.takes_s = {1: COSTLY_S}
    for number in range(20):
        _fill(flood)
        before = len(story.told)
        wire.send(b"CHEAP_%d\n" % number)
        await _until(story, (2, f"CHEAP_{number}"))
        waited_for = [word for word in story.told[before:] if word[0] == 1]
        assert len(waited_for) <= 4, "two slices, each overdrawn by one: the one under way, and the next"


async def test_a_stream_that_is_passed_on_keeps_nobody_waiting_for_longer_than_its_slices(story, links):
    (busy, flood), (_, wire), _ = links
    await story.make_busy(busy)
    story.takes_s = {1: (took_s := CHEAP_S * 1.5)}
    story.handled = lambda number: _fill(flood) if number == 1 else None
    _fill(flood)
    for number in range(20):
        before_s = story.now_s
        wire.send(b"CHEAP_%d\n" % number)
        await _until(story, (2, f"CHEAP_{number}"))
        assert story.now_s - before_s <= 2 * (FORWARDED_S + took_s)


async def test_who_is_busy_and_says_little_goes_before_who_says_much(story, links):
    (first, flood), (second, wire), _ = links
    for link in (first, second):
        await story.make_busy(link)
    story.takes_s = {1: SLICE_S}
    story.again = {1: 1000}
    story.turns.take(first, LinesReceived(1, b"MUCH\n"))
    await _until(story, (1, "goes on"))
    before = len(story.told)
    wire.send(b"LITTLE\n")
    flood.send(b"MORE\n")
    await _until(story, (2, "LITTLE"))
    assert len(story.told) - before <= 4


async def test_what_happened_on_a_link_stays_in_order(story, links):
    (first, wire), _, _ = links
    await story.make_busy(first)
    story.takes_s = {1: SLICE_S}
    story.again = {1: 2}
    story.turns.take(first, LinesReceived(1, b"ONE\n"))
    wire.send(b"TWO\n")
    wire.shutdown(socket.SHUT_WR)
    await _until(story, (1, "ended"))
    assert [word for _, word in story.told] == ["ONE", "goes on", "goes on", "TWO", "ended"]


async def test_a_link_is_busy_no_more_when_it_was_cheap_for_long(story, links):
    (first, _), (second, _), _ = links
    await story.make_busy(first)
    await story.make_busy(second)
    story.takes_s = {2: SLICE_S * 2}

    async def say_behind_costly_work(word: bytes) -> None:
        story.turns.take(second, LinesReceived(2, b"COSTLY\n"))
        story.turns.take(first, LinesReceived(1, word))
        story.turns.take(second, LinesReceived(2, b"NEXT\n"))
        story.told.append("turn over")
        await _pass()

    await say_behind_costly_work(b"BUSY\n")
    assert story.told.index((1, "BUSY")) > story.told.index("turn over")
    story.now_s += WATCHED_S + 1
    story.turns.take(first, LinesReceived(1, b"CHEAP\n"))
    story.turns.take(first, LinesReceived(1, b"CHEAP\n"))
    story.told.clear()
    await say_behind_costly_work(b"FREE\n")
    assert story.told.index((1, "FREE")) < story.told.index("turn over")


async def test_of_many_that_come_at_once_few_have_their_first_costly_read_at_once(story):
    made = []
    for number in range(1, 65):
        ours, theirs = socket.socketpair()
        link = Link(number, LinkKind.UNIX, lambda _: None, story, LimitsSettings(), bytearray(4096))
        await asyncio.get_running_loop().create_unix_connection(lambda link=link: link, sock=ours)
        made.append((link, theirs))
    story.takes_s = dict.fromkeys(range(1, 65), SLICE_S * 0.7)
    for link, _ in made:
        story.turns.take(link, LinesReceived(link.number, FILL * 16))
    assert len(story.told) == 2
    assert sum(not link.transport.is_reading() for link, _ in made) == 62
    for turn in range(1, 5):
        await asyncio.sleep(0)
        assert len(story.told) <= 2 + 2 * turn
    await _until(story, (64, "x" * 10))
    for link, theirs in made:
        link.cut(CloseReason.DRAIN)
        theirs.close()
    await asyncio.sleep(0)


async def test_who_is_new_and_says_little_is_heard_at_once_beside_costly_work(story, links):
    (first, _), (second, _), (third, _) = links
    await story.make_busy(first)
    story.takes_s = {1: SLICE_S * 2}
    story.turns.take(first, LinesReceived(1, b"COSTLY\n"))
    story.turns.take(second, LinesReceived(2, b"LITTLE\n"))
    story.turns.take(third, LinesReceived(3, FILL * 16))
    assert [number for number, _ in story.told] == [1, 2]
    await _pass()
    assert [number for number, _ in story.told] == [1, 2, 3]


async def test_one_costly_read_does_not_put_a_link_behind_those_that_are_busy(story, links):
    (first, _), (second, _), (third, _) = links
    await story.make_busy(first)
    await story.make_busy(second)
    story.takes_s = {1: SLICE_S, 2: SLICE_S, 3: SLICE_S * 20}
    story.again = {1: 1000, 2: 1000}
    story.turns.take(third, LinesReceived(3, b"REGISTER\n"))
    story.takes_s[3] = 0.0
    story.turns.take(first, LinesReceived(1, b"MUCH\n"))
    story.turns.take(second, LinesReceived(2, b"MUCH\n"))
    story.turns.take(third, LinesReceived(3, b"NEXT\n"))
    await _until(story, (3, "NEXT"))
    assert len(story.told) <= 4


async def test_a_stalled_link_goes_on_once_it_is_released(story, links):
    (first, wire), (second, _), _ = links
    wire.send(b"NEXT\n")
    story.stalled.add(first)
    story.turns.put_off(first)
    story.turns.put_off(second)
    story.turns.released(second)  # it was not held up: nothing happens twice
    await _until(story, (2, "goes on"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert story.told == [(2, "goes on")]
    story.stalled.clear()
    story.turns.released(first)
    await _until(story, (1, "NEXT"))
    assert story.told == [(2, "goes on"), (1, "goes on"), (1, "NEXT")]


async def test_measuring_is_costly_work_as_any(story, links):
    (first, _), (second, _), (third, _) = links
    story.takes_s = {1: SLICE_S * 2, 2: SLICE_S * 2}
    story.turns.put_off_measuring(first)
    story.turns.put_off_measuring(second)
    story.turns.put_off(third)
    asyncio.get_running_loop().call_soon(story.told.append, "somebody else")
    await _until(story, (1, "measured"), (2, "measured"), (3, "goes on"))
    assert story.told.index("somebody else") == 1


async def test_a_link_that_is_gone_is_passed_over(story, links):
    (first, _), (second, _), _ = links
    story.turns.put_off(first)
    story.turns.put_off(second)
    story.turns.forget(first)
    await _until(story, (2, "goes on"))
    assert story.told == [(2, "goes on")]
