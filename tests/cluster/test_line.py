"""Five hosts in a line, each with a route to its neighbours alone: real routers, real links, real faults."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import msgspec
import pytest

from communicator import Client, Message, Service
from tests.conftest import EVENTUALLY_S

CONVERGE_S = EVENTUALLY_S
"""Three seconds are the aim, ten for a neighbour that has just fallen silent: test_convergence measures. This machine is shared."""
MESSAGES = 200
SENT_AGAIN_S = 60.0
"""For so long a router sends again what was not acknowledged, every ten seconds in the end."""

pytestmark = pytest.mark.takes(7)


@asynccontextmanager
async def echo(host, name, eventually):
    """A service that answers PING with PONG."""
    service = Service(host.router.unix, name)

    @service.on("PING")
    async def _ping(message):
        return Message("PONG", {"number": message.get("number")})

    async def connected():
        return service.connected

    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await eventually(connected, bool)
        try:
            yield service
        finally:
            service.stop()


async def until_routed(client, destination, server, eventually):
    """Wait until the router of a client knows the way to a service."""

    async def route():
        answer = await client.request(Message("CLUSTER_GET_ROUTE", {"destination": destination}), "CLUSTER_ROUTE")
        return msgspec.json.decode(answer.get("route"))

    return await eventually(route, lambda route: route.get("server") == server)


async def ask(client, destination, number):
    server, _, service = destination.rpartition(":")
    ping = Message("PING", {"number": str(number)}, service=service, server=server)
    pong = await client.request(ping, "PONG", timeout_s=20)
    assert pong.get("number") == str(number)
    return pong.sender


@pytest.mark.short
async def test_the_ends_talk_over_three_hosts_who_joins_late_and_who_comes_back(lab, eventually, record_property):
    a, b, c, d, e = lab.line("abcde")
    await lab.start(a, b, c, d)
    await lab.until_they_see("abcd")
    await lab.start(e)
    record_property("join_s", await lab.until_they_see("abcde", deadline_s=CONVERGE_S))
    async with (
        echo(a, "first", eventually),
        echo(e, "last", eventually),
        Client(a.router.unix, "left") as left,
        Client(e.router.unix, "right") as right,
    ):
        route = await until_routed(left, "last", "e", eventually)
        assert route["path"] == ["a", "b", "c", "d", "e"]
        assert route["next_hop"] == "b"
        await until_routed(right, "first", "a", eventually)
        assert [await ask(left, to, 1) for to in ("last", "e:last")] == ["e:last"] * 2
        assert [await ask(right, to, 2) for to in ("first", "a:first")] == ["a:first"] * 2
        c.router.kill()
        record_property("kill_s", await lab.until_they_see("ab", "de", deadline_s=CONVERGE_S))
        await lab.start(c)
        record_property("back_s", await lab.until_they_see("abcde", deadline_s=CONVERGE_S))
        await until_routed(left, "last", "e", eventually)
        assert await ask(left, "last", 3) == "e:last"


async def test_two_halves_know_that_they_are_halves_and_heal(lab, eventually, record_property):
    a, b, c, *_, e = lab.line("abcde")
    lab.name_all()
    await lab.start()
    await lab.until_they_see("abcde")
    lab.cut(b, c)
    record_property("cut_s", await lab.until_they_see("ab", "cde", deadline_s=CONVERGE_S))
    statuses = await lab.statuses()
    assert {name: status.status for name, status in statuses.items()} == {
        **dict.fromkeys("ab", "down"),
        **dict.fromkeys("cde", "up"),
    }
    assert {status.completeness for status in statuses.values()} == {"incomplete"}
    assert {(status.neighbors_count, status.quorum) for status in statuses.values()} == {(5, 3)}
    lab.heal(b, c)
    record_property("heal_s", await lab.until_they_see("abcde", deadline_s=CONVERGE_S))

    async def standing():
        told = (await lab.statuses()).values()
        return {status and (status.status, status.completeness) for status in told}

    await eventually(standing, lambda seen: seen == {("up", "complete")})
    async with echo(e, "last", eventually), Client(a.router.unix, "left") as left:
        await until_routed(left, "last", "e", eventually)
        assert await ask(left, "last", 1) == "e:last"


async def test_a_host_replaced_under_its_name_takes_the_place_of_the_old_one(lab, eventually, record_property):
    _, b, c, d, _ = lab.line("abcde")
    lab.name_all()
    await lab.start()
    await lab.until_they_see("abcde")
    c.router.kill()
    await lab.until_they_see("ab", "de")
    new = lab.add_host("c")
    lab.link(b, new)
    lab.link(new, d)
    lab.name_all()
    await lab.start(new)
    record_property("replace_s", await lab.until_they_see("abcde", deadline_s=CONVERGE_S))
    assert new.address != c.address

    async def counts():
        told = (await lab.statuses()).values()
        return {status and (status.neighbors_count, status.live_count, status.completeness) for status in told}

    await eventually(counts, lambda seen: seen == {(5, 5, "complete")})


@pytest.mark.parametrize("parameters", [{}, {"ack": "required"}], ids=["plain", "acknowledged"])
async def test_slow_and_lossy_links_lose_and_double_nothing(lab, eventually, parameters):
    a, *_, e = lab.line("abcde", delays_s=(0.005, 0.03), loss=0.02, seed=11)
    await lab.start()
    await lab.until_they_see("abcde")
    expected = [str(number) for number in range(MESSAGES)]
    async with (
        Client(a.router.unix, "source") as source,
        Client(e.router.unix, "sink", commands=("DROP", "END")) as sink,
    ):
        await until_routed(source, "sink", "e", eventually)
        for number in expected:
            await source.send(Message("DROP", {"number": number, **parameters}, service="sink", server="e"))
        await source.send(Message("END", service="sink", server="e"))
        heard = []
        async with asyncio.timeout(60):
            async for message in sink.messages():
                if message.command == "END":
                    break
                if message.command == "DROP":
                    heard.append(message.get("number"))
    assert heard == expected
    assert sum(wire.lost for wire in lab.wires) > 0


async def test_services_hear_who_comes_and_who_goes(lab, hear):
    _, c, d = lab.line("bcd")
    await lab.start()
    await lab.until_they_see("bcd")
    events = ("DISCONNECTED", "HANGUP", "NEW_REMOTE_CONNECTION", "UNREACHABLE")
    async with Client(d.router.unix, "listener", commands=events) as listener:
        assert await asyncio.to_thread(c.router.stop) == 0
        assert (await hear(listener, "DISCONNECTED"))["server_name"] == "c"
        assert (await hear(listener, "UNREACHABLE"))["who"] == f"{c.address}:4042"
        await lab.start(c)
        assert (await hear(listener, "NEW_REMOTE_CONNECTION"))["server_name"] == "c"
        c.router.kill()
        assert (await hear(listener, "HANGUP"))["server_name"] == "c"


async def test_what_is_to_be_acknowledged_survives_a_crash_on_its_way(lab, eventually):
    a, _, c, _, e = lab.line("abcde")
    await lab.start()
    await lab.until_they_see("abcde")
    expected = [str(number) for number in range(MESSAGES)]
    heard = Counter()

    async def listen(sink):
        async for message in sink.messages():
            if message.command == "DROP":
                heard[message.get("number")] += 1

    async def different():
        return len(heard)

    async with (
        Client(a.router.unix, "source") as source,
        Client(e.router.unix, "sink", commands=("DROP",)) as sink,
        asyncio.TaskGroup() as group,
    ):
        await until_routed(source, "sink", "e", eventually)
        listening = group.create_task(listen(sink))
        for number in expected:
            await source.send(Message("DROP", {"number": number, "ack": "required"}, service="sink", server="e"))
            if number == expected[MESSAGES // 2]:
                c.router.kill()
        await lab.start(c)
        await eventually(different, lambda count: count == MESSAGES, SENT_AGAIN_S)
        listening.cancel()
    assert heard == Counter(expected)
