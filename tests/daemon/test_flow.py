"""Fast producers and slow consumers over real sockets."""

import asyncio
import socket

TAKES_ITS_TIME = "limits.drain_s=60"
"""A setting for whoever reads on after the end of its own words, on a machine that is busy with other tests too."""
BLOCK = "x" * 8000


async def _register_sleeper(link: socket.socket) -> None:
    link.setblocking(False)  # noqa: FBT003 - its one parameter
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(link, b"REGISTER service=sleeper;version=1\n")
    while b"READY" not in await loop.sock_recv(link, 1000):
        pass


async def test_a_consumer_that_never_reads_is_cut_and_named_and_nobody_else_notices(run_router):
    async with run_router("limits.stall_s=0.3") as router:
        with router.socket() as sleeper:
            await _register_sleeper(sleeper)
            watcher, producer, bystander = [await router.connect() for _ in range(3)]
            await watcher.register("watcher", "SLOW_CONSUMER")
            await bystander.register("bystander")
            for _ in range(400):
                producer.say(f"sleeper/PAYLOAD data={BLOCK}")
            producer.say("bystander/PAYLOAD after=stall")
            told = await watcher.hear_until("SLOW_CONSUMER")  # and watcher and router talked all the while
            assert "client=sleeper" in told
            assert (await bystander.hear_until("PAYLOAD")).endswith("after=stall")
            statistics = await watcher.statistics()
            assert statistics["slow_consumers_total"] == {"sleeper": 1}
            assert {"kind": "unix", "reason": "slow", "count": 1} in statistics["connections_closed_total"]
            assert statistics["producer_stall_seconds_total"] > 0
        assert router.events("slow_consumer_cut")[0]["client"] == "sleeper"
        assert router.events("slow_consumer_cut")[0]["queued_bytes"] > 2**20


async def test_a_producer_goes_on_once_its_consumer_has_read(run_router):
    async with run_router("limits.stall_s=30") as router:
        loop = asyncio.get_running_loop()
        with router.socket() as consumer:
            await _register_sleeper(consumer)
            producer, witness = await router.connect(), await router.connect("local")
            lines = 1000
            for number in range(lines):
                producer.say(f"sleeper/PAYLOAD number={number:04};data={BLOCK}")
            producer.say("ALIVE serial=last")
            while (await witness.statistics())["producer_stall_seconds_total"] == 0:
                pass
            received = bytearray()
            while received.count(b"\n") < lines:
                received += await loop.sock_recv(consumer, 2**20)
            assert "serial=last" in await producer.hear()
            numbers = [int(line.partition(b"number=")[2][:4]) for line in received.splitlines()]
            assert numbers == list(range(lines))
            stalled = (await witness.statistics())["producer_stall_seconds_total"]
            assert (await witness.statistics())["producer_stall_seconds_total"] == stalled


async def test_a_queue_beyond_its_bound_is_cut_at_once(run_router):
    async with run_router(
        "limits.stall_s=3600", "limits.queue_bytes=65536", "limits.cache_service_bytes=32768"
    ) as router:
        with router.socket() as sleeper:
            await _register_sleeper(sleeper)
            producer = await router.connect()
            for _ in range(60):
                producer.say(f"sleeper/PAYLOAD data={BLOCK}")
            await producer.sync()
        assert router.events("slow_consumer_cut")


async def test_who_asks_and_never_reads_is_stalled_and_cut_itself(run_router):
    async with run_router("limits.stall_s=0.3") as router:
        witness = await router.connect()
        with router.socket() as asker:
            asker.setblocking(False)  # noqa: FBT003 - its one parameter
            loop = asyncio.get_running_loop()
            try:
                while True:
                    await loop.sock_sendall(asker, b"CLUSTER_GET_STATUS\n" * 1000)
            except OSError:
                pass
        assert (await witness.statistics())["slow_consumers_total"]


async def test_a_tap_that_is_behind_loses_copies_and_holds_up_nobody(run_router):
    async with run_router("limits.stall_s=0.1") as router:
        with router.socket() as tap:
            tap.sendall(b"TAP\n")
            producer, service = await router.connect(), await router.connect()
            await service.register("service")
            for _ in range(400):
                producer.say(f"service/PAYLOAD data={BLOCK}")
            for _ in range(400):
                await service.hear_until("PAYLOAD")
            statistics = await producer.statistics()
            assert statistics["producer_stall_seconds_total"] == 0
            assert statistics["slow_consumers_total"] == {}
            assert statistics["connections"]["unix"] == 3


async def test_a_flood_of_costly_questions_leaves_others_their_turn(run_router):
    async with run_router(TAKES_ITS_TIME) as router:
        asker, other = await router.connect(), await router.connect()
        questions = 500
        asker.say(*["ROUTER_GET_STATS"] * questions)
        asker.writer.write_eof()
        await other.sync()
        before = (await other.statistics())["commands_total"]["ROUTER_GET_STATS"]
        answers = await asker.hear_rest()
        assert before < questions / 2  # somebody else was answered meanwhile
        assert answers.count(b"ROUTER_STATS") == questions  # and none was lost at the end of the stream


async def test_lines_that_take_long_to_look_at_leave_others_their_turn(run_router):
    async with run_router(TAKES_ITS_TIME) as router:
        asker, other = await router.connect(), await router.connect()
        questions = 5000
        asker.say(*["ALIVE serial=x"] * questions, "ALIVE serial=last")
        asker.writer.write_eof()
        await other.sync()
        before = (await other.statistics())["commands_total"]["ALIVE"]
        answers = await asker.hear_rest()
        assert before < questions
        assert answers.count(b"ABSOLUTELY") == questions + 1
        assert b"serial=last" in answers.splitlines()[-1]


async def test_who_does_not_read_its_answers_does_not_go_on_until_it_has(run_router):
    async with run_router("limits.stall_s=60") as router:
        loop = asyncio.get_running_loop()
        witness = await router.connect()
        with router.socket() as asker:
            asker.setblocking(False)  # noqa: FBT003 - its one parameter
            question = f"ALIVE serial={'x' * 500}\n".encode()
            asked, answered = 8000, 0
            sending = loop.create_task(loop.sock_sendall(asker, question * asked))
            while (await witness.statistics())["producer_stall_seconds_total"] < 0.2:
                pass
            dealt_with = (await witness.statistics())["commands_total"]["ALIVE"]
            assert dealt_with < asked
            assert max(link["send_queue_bytes"] for link in (await witness.statistics())["links"]) < 2 * 2**20
            while answered < asked:
                answered += (await loop.sock_recv(asker, 2**20)).count(b"\n")
            await sending
