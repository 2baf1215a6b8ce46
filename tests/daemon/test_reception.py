"""Who is taken in, and who is turned away with a word."""

import asyncio

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
