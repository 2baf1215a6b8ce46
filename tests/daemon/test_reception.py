"""Who is taken in, and who is turned away with a word."""

import asyncio
import os
import socket

import pytest

from communicator.daemon import link


async def test_one_link_too_many_is_told_and_closed(run_router):
    async with run_router("limits.links=2") as router:
        first, second = await router.connect(), await router.connect("local")
        await second.sync()
        third = await router.connect()
        third.say("CLUSTER_GET_STATUS")
        rest = (await third.hear_rest()).decode()
        assert rest == "<alpha:communicatord INVALID command=REGISTER;message=2 links are held, more are not taken\n"
        third.close()
        while not (statistics := await first.statistics())["connections_closed_total"]:
            pass
        assert {"kind": "unix", "reason": "limit", "count": 1} in statistics["connections_closed_total"]
        first.close()
        await first.writer.wait_closed()
        fourth = await router.connect()
        await fourth.sync()


async def test_beyond_those_who_may_read_why_others_are_turned_away_in_silence(run_router, monkeypatch):
    monkeypatch.setattr(link, "LINGER_S", 60.0)  # those who came first are still reading when the last one comes
    async with run_router("limits.links=1") as router:
        first = await router.connect()
        await first.sync()
        crowd = [await router.connect("local") for _ in range(60)]
        words = await asyncio.gather(*[peer.hear() for peer in crowd[:30]])
        assert all("INVALID" in word for word in words)
        silent = [await peer.reader.read(1000) for peer in crowd[40:] if not peer.reader.exception()]
        assert not any(silent)
        await first.sync()
        for peer in crowd:
            peer.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_a_user_that_holds_its_share_leaves_room_for_others(run_router):
    async with run_router("limits.links=8") as router:
        operator = await router.connect()
        await operator.sync()
        greedy = [await _connect_as(65534, router) for _ in range(6)]
        for _, writer in greedy:
            writer.write(b"REGISTER\n")  # each is answered that a parameter is missing, or that it has no place
        words = [(await reader.readuntil(b"\n")).decode() for reader, _ in greedy]
        assert ["has its share of the 8 links" in word for word in words] == [False] * 4 + [True] * 2
        _, writer = other = await _connect_as(65533, router)
        writer.write(b"REGISTER\n")
        assert b"parameter service" in await other[0].readuntil(b"\n")
        for _, writer in (*greedy, other):
            writer.close()


async def _connect_as(uid, router):
    address = router.address("local")
    os.seteuid(uid)
    try:
        connected = socket.create_connection(address)
    finally:
        os.seteuid(0)
    return await asyncio.open_connection(sock=connected)
