"""All there is, or nothing."""

import json

import pytest

from communicator.errors import NotConnectedError, ReplyTimeoutError
from communicator.protocol import HostPort, Message
from exporters.discovery.finder import FRESH_S, Finder, IncompleteError
from exporters.discovery.instances import Own
from exporters.discovery.memory import Memory


class Router:
    """Answers as a router does, page by page."""

    def __init__(self, count=3, page=2):
        self.count = count
        self.page = page
        self.status = {"status": "up", "live_count": "3", "neighbors_count": "3"}
        self.asked = []
        self.fault = None
        self.growing = 0
        self.losing = False

    async def __call__(self, question, reply):
        self.asked.append(question.command)
        if self.fault is not None:
            raise self.fault
        if question.command == "CLUSTER_GET_STATUS":
            return Message(reply, self.status)
        offset = int(question.get("offset"))
        if offset and self.growing:
            self.growing -= 1
            self.count += 1
        end = offset if self.losing and offset else min(offset + self.page, self.count)
        told = [
            {"service": f"s{number}", "server": "beta", "address": "10.0.0.6:1", "metrics_port": 1}
            for number in range(offset, end)
        ]
        return Message(reply, {"services": json.dumps(told), "total": str(self.count)})


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def router():
    return Router()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def finder(router, clock):
    return Finder(router, lambda: Own("alpha", "exporter", HostPort("127.0.0.1", 9740)), Memory(900), clock)


async def test_all_pages_are_read(finder, router):
    assert [place.service for place in await finder.find()] == ["s0", "s1", "s2"]
    assert router.asked == ["CLUSTER_GET_STATUS", "LIST_SERVICES", "LIST_SERVICES"]


async def test_whoever_asks_at_nearly_the_same_time_shares_an_answer(finder, router, clock):
    await finder.find()
    clock.now_s += FRESH_S / 2
    await finder.find()
    assert len(router.asked) == 3
    clock.now_s += FRESH_S
    await finder.find()
    assert len(router.asked) == 6


async def test_that_nothing_is_known_is_shared_too_and_asked_anew_later(finder, router, clock):
    router.fault = NotConnectedError("away")
    for _ in range(3):
        with pytest.raises(IncompleteError, match="away"):
            await finder.find()
    assert len(router.asked) == 1
    router.fault = None
    clock.now_s += FRESH_S
    assert len(await finder.find()) == 3


async def test_a_list_that_changes_is_read_anew(finder, router):
    router.growing = 2
    assert len(await finder.find()) == 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fault": NotConnectedError("no link to the router now")}, "no link to the router"),
        ({"fault": ReplyTimeoutError("LIST_SERVICES", 4)}, "no reply to LIST_SERVICES"),
        ({"status": {}}, "does not tell how things stand"),
        ({"status": {"status": "down", "live_count": "1", "neighbors_count": "3"}}, "no quorum: 1 of 3 servers"),
        ({"growing": 99}, "changes faster than it can be read"),
        ({"losing": True}, "changes faster than it can be read"),
    ],
    ids=range(6),
)
async def test_a_part_of_it_is_told_to_nobody(finder, router, changes, reason):
    for name, value in changes.items():
        setattr(router, name, value)
    with pytest.raises(IncompleteError, match=reason):
        await finder.find()


async def test_what_went_while_nothing_was_known_is_still_down_after(finder, router, clock):
    await finder.find()
    router.fault = NotConnectedError("away")
    clock.now_s += 100
    with pytest.raises(IncompleteError):
        await finder.find()
    router.fault = None
    router.count = 2
    clock.now_s += 1
    assert [place.state for place in await finder.find()] == ["up", "up", "down"]
