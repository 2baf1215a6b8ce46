"""Whether the exporter knows what it is there to tell, with a service and targets that the test holds."""

import asyncio

import pytest

from communicator.errors import NotConnectedError
from communicator.protocol import Message
from exporters.readiness import FRESH_S, Readiness
from tests.conftest import EVENTUALLY_S


class Link:
    address = "cd://127.0.0.1:1"
    connected = True
    status = "up"

    async def request(self, _message, reply, timeout_s):
        assert timeout_s < 10
        if not self.connected:
            raise NotConnectedError("no link now")
        return Message(reply, {"status": self.status, "live_count": "1", "neighbors_count": "3"})


class Targets:
    def __init__(self):
        self.reasons = {}
        self.looks = 0

    async def scrape(self):
        self.looks += 1
        self.reasons = {"router": "", "canary": "no answer within 4 s"}


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def link():
    return Link()


def told(conditions):
    return {condition.name: condition.reason for condition in [*conditions.needed, conditions.quorum]}


async def test_it_looks_by_itself_when_nobody_scrapes_and_not_too_often(link):
    targets, clock = Targets(), Clock()
    readiness = Readiness(link, targets, clock)
    assert told(await readiness.look()) == {
        "link": "",
        "router": "",
        "canary": "no answer within 4 s",
        "quorum": "",
    }
    await readiness.look()
    assert targets.looks == 1
    clock.now_s += FRESH_S
    await readiness.look()
    assert targets.looks == 2


async def test_a_router_that_hangs_is_waited_for_once(link):
    """The quorum is asked for while the targets are looked at: one deadline, not two."""
    targets, asked = Targets(), asyncio.Event()
    scrape, request = targets.scrape, link.request

    async def scrape_until_asked():
        await asked.wait()
        await scrape()

    async def note_and_request(message, reply, timeout_s):
        asked.set()
        return await request(message, reply, timeout_s)

    targets.scrape, link.request = scrape_until_asked, note_and_request
    async with asyncio.timeout(EVENTUALLY_S):
        assert told(await Readiness(link, targets, Clock()).look())["router"] == ""


async def test_no_quorum_is_told_in_figures(link):
    link.status = "down"
    assert told(await Readiness(link, Targets(), Clock()).look())["quorum"] == "1 of 3 servers are reached"


async def test_no_link_is_known_at_once(link):
    readiness = Readiness(link, Targets(), Clock())
    await readiness.look()
    link.connected = False
    found = told(await readiness.look())
    assert (found["link"], found["quorum"]) == ("no link to the router at cd://127.0.0.1:1", "no link now")
