"""Links whose work was put off: in turn, not while they are stalled, and not read from meanwhile."""

import asyncio
import socket

import pytest

from communicator.daemon.link import Link
from communicator.daemon.settings import LimitsSettings
from communicator.daemon.turns import SLICE_S, Turns
from communicator.router.vocabulary.events import CloseReason, LinkKind


class Story:
    """What happened, in order."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.again: set[Link] = set()
        """Who is put off once more when it is told to go on."""
        self.stalled: set[Link] = set()
        self.now_s = 100.0
        self.work_s = 0.0
        """How long going on takes."""
        self.turns = Turns(self.stalled.__contains__, self.go_on, self.measure, lambda: self.now_s)

    def measure(self, link):
        self.told.append(("measure", link.number))

    def go_on(self, link):
        self.now_s += self.work_s
        self.told.append(("go on", link.number))
        if link in self.again:
            self.again.discard(link)
            self.turns.put_off(link)

    def lines_received(self, link, lines):
        self.told.append((link.number, lines))

    def line_too_long(self, link, limit_bytes): ...
    def link_ended(self, link): ...
    def link_closed(self, link): ...
    def fell_behind(self, link): ...
    def caught_up(self, link): ...


@pytest.fixture
async def story():
    return Story()


@pytest.fixture
async def links(story):
    """Three links, each of which has something to read."""
    made = []
    for number in (1, 2, 3):
        ours, theirs = socket.socketpair()
        link = Link(number, LinkKind.UNIX, lambda _: None, story, LimitsSettings(), memoryview(bytearray(4096)))
        await asyncio.get_running_loop().create_unix_connection(lambda link=link: link, sock=ours)
        made.append((link, theirs))
    yield made
    for link, theirs in made:
        link.cut(CloseReason.DRAIN)
        theirs.close()
    await asyncio.sleep(0)


async def _until(story: Story, word) -> None:
    async with asyncio.timeout(10):
        while word not in story.told:  # noqa: ASYNC110 - it counts turns of the loop, and nobody tells of those
            await asyncio.sleep(0)


async def test_a_link_goes_on_in_a_later_turn_and_is_read_from_then(story, links):
    (first, wire), _, _ = links
    wire.send(b"NEXT\n")
    story.again.add(first)
    story.turns.put_off(first)
    assert story.told == []
    await _until(story, (1, b"NEXT\n"))
    assert story.told == [("go on", 1), ("go on", 1), (1, b"NEXT\n")]


async def test_a_stalled_link_goes_on_once_it_is_released(story, links):
    (first, wire), (second, _), _ = links
    wire.send(b"NEXT\n")
    story.stalled.add(first)
    story.turns.put_off(first)
    story.turns.put_off(second)
    story.turns.released(second)  # it was not held up: nothing happens twice
    await _until(story, ("go on", 2))
    for _ in range(5):
        await asyncio.sleep(0)
    assert story.told == [("go on", 2)]
    story.stalled.clear()
    story.turns.released(first)
    await _until(story, (1, b"NEXT\n"))
    assert story.told == [("go on", 2), ("go on", 1), (1, b"NEXT\n")]


async def test_one_link_is_measured_for_in_a_turn_and_others_go_on_meanwhile(story, links):
    (first, _), (second, _), (third, _) = links
    story.turns.put_off_measuring(first)
    story.turns.put_off_measuring(second)
    story.turns.put_off(third)
    await _until(story, ("measure", 2))
    assert story.told == [("measure", 1), ("go on", 3), ("measure", 2)]


@pytest.mark.parametrize(("work_s", "at_once"), [(SLICE_S, 1), (SLICE_S * 0.6, 2), (SLICE_S * 0.1, 3)])
async def test_what_was_put_off_takes_one_slice_of_a_turn(story, links, work_s, at_once):
    story.work_s = work_s
    for link, _ in links:
        story.turns.put_off(link)
    asyncio.get_running_loop().call_soon(story.told.append, "somebody else")
    await _until(story, "somebody else")
    assert story.told.index("somebody else") == at_once
    await _until(story, ("go on", 3))
    assert [word for word in story.told if word != "somebody else"] == [("go on", 1), ("go on", 2), ("go on", 3)]


async def test_a_link_that_is_gone_is_forgotten(story, links):
    (first, _), (second, _), _ = links
    story.stalled.add(first)
    story.turns.put_off(first)
    story.turns.put_off(second)
    await _until(story, ("go on", 2))
    story.turns.forget(first)
    story.stalled.clear()
    story.turns.released(first)
    story.turns.put_off(second)
    story.told.clear()
    await _until(story, ("go on", 2))
    assert story.told == [("go on", 2)]
