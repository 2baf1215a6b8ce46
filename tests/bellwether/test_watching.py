"""What is shown again and again: asked anew each time over one link, and never as JSON."""

import asyncio
from contextlib import aclosing

import pytest

from bellwether.failure import CommandError
from bellwether.watching import View, looks, show
from communicator.protocol.message import Message
from tests.bellwether.conftest import said


def test_who_watches_sees_it_again_and_again_over_one_link(scripted):
    script = {"ROUTER_GET_STATS": [said("ROUTER_STATS", {"stats": "{}"})]}

    async def look(client):
        return (await client.request(Message("ROUTER_GET_STATS"), "ROUTER_STATS")).get("stats")

    async def see(address):
        async with aclosing(looks(address, look, poll_s=0.001)) as seen:
            return [await anext(seen) for _ in range(3)]

    with scripted(script) as router:
        assert asyncio.run(see(router.address)) == ["{}"] * 3
    assert len(router.of("ROUTER_GET_STATS")) == 3
    assert len(router.of("REGISTER")) == 1


def test_a_watch_is_for_people_whether_there_is_a_router_or_not():
    with pytest.raises(CommandError, match="--watch is for people") as raised:
        show("cd:///nowhere", View(None, None, None), watch=True, as_json=True)
    assert raised.value.exit_code == 2
