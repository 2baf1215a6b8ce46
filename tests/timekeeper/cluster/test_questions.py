"""Real routers are asked for their time, near and far; what is no answer to our question counts as none."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from communicator.client import Service
from communicator.testing import run_cluster, run_router
from timekeeper.cluster.questions import Questions
from timekeeper.probes.stamps import read_raw_ns, read_realtime


@asynccontextmanager
async def asking(router):
    service = Service(router.unix, "timekeeper")
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        yield Questions(service)
        service.stop()


@pytest.mark.parametrize("near", [True, False])
async def test_the_time_of_a_router(eventually, near):
    async with run_cluster(2) as cluster, asking(cluster[0]) as questions:

        async def ask():  # a router that is busy may not answer in time
            before_ns = read_raw_ns()
            return before_ns, await questions.ask(cluster[0 if near else 1].server_name), read_raw_ns()

        before_ns, answer, after_ns = await eventually(ask, lambda found: found[1] is not None)
    assert before_ns <= answer.asked_raw_ns <= answer.heard_raw_ns <= after_ns
    told_raw_ns = answer.peer_realtime_ns - read_realtime().difference_ns
    slack_ns = 1_000_000  # a daemon may steer the clock of this machine meanwhile
    assert answer.asked_raw_ns - slack_ns <= told_raw_ns <= answer.heard_raw_ns + slack_ns


async def test_a_host_that_is_not_there():
    async with run_router() as router, asking(router) as questions:
        assert await questions.ask("nobody") is None


class FalseRouter:
    """Says READY to whoever registers, and answers ALIVE as told."""

    def __init__(self, answer):
        self._answer = answer

    async def __call__(self, reader, writer):
        while "UNREGISTER" not in (line := (await reader.readline()).decode()):
            if line.startswith("REGISTER"):
                writer.write(b"<alpha:communicatord READY my_address=127.0.0.1:4040\n")
            elif "ALIVE" in line and self._answer:
                serial = line.partition("serial=")[2].partition(";")[0].strip()
                writer.write(self._answer.format(serial=serial).encode() + b"\n")
        writer.close()


ANSWERS = {
    "good": ("<beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=1795500000.000000001", True),
    "no time": ("<beta:communicatord ABSOLUTELY serial={serial};reply_timestamp=now", False),
    "without one": ("<beta:communicatord ABSOLUTELY serial={serial}", False),
    "of another question": ("<beta:communicatord ABSOLUTELY serial=0;reply_timestamp=1795500000.0", False),
}


@pytest.mark.parametrize(("text", "is_good"), ANSWERS.values(), ids=ANSWERS)
async def test_what_is_an_answer(tmp_path, text, is_good):
    path = tmp_path / "router.sock"
    async with await asyncio.start_unix_server(FalseRouter(text), path), asyncio.timeout(20):
        service = Service(f"cd://{path}", "timekeeper")
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            answer = await Questions(service).ask("beta")
            service.stop()
    assert (answer is not None) is is_good
    assert answer is None or answer.peer_realtime_ns == 1_795_500_000_000_000_001


async def test_where_all_hosts_are(eventually):
    async with run_cluster(2) as cluster, asking(cluster[0]) as questions:
        nodes = json.loads(await eventually(questions.ask_graph, bool))["nodes"]
        assert {node["server"] for node in nodes} == {"alpha", "beta"}
    assert await questions.ask_graph() == "", "there is no link any more"
