"""Real routers are asked for their time, near and far; what is no answer to our question counts as none."""

import asyncio
import json
from contextlib import asynccontextmanager

import msgspec
import pytest

from communicator.answers.clocks import ClockReport, Host, Local
from communicator.client import Client, Service
from communicator.protocol import Message
from communicator.testing import run_cluster
from timekeeper.cluster.questions import TIMEOUT_S, Questions
from timekeeper.probes.stamps import read_raw_ns, read_realtime


@pytest.fixture(scope="module")
def cluster():
    """Three routers, on which each test has timekeepers of its own."""
    with run_cluster(3) as routers:
        yield routers


@asynccontextmanager
async def asking(router):
    service = Service(router.unix, "timekeeper")
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        yield Questions(service)
        service.stop()


@pytest.mark.parametrize("near", [True, False])
async def test_the_time_of_a_router(cluster, eventually, near):
    async with asking(cluster[0]) as questions:

        async def ask():  # a router that is busy may not answer in time
            before_ns = read_raw_ns()
            return before_ns, await questions.ask(cluster[0 if near else 1].server_name), read_raw_ns()

        before_ns, answer, after_ns = await eventually(ask, lambda found: found[1] is not None)
    assert before_ns <= answer.asked_raw_ns <= answer.heard_raw_ns <= after_ns
    told_raw_ns = answer.peer_realtime_ns - read_realtime().difference_ns
    slack_ns = 1_000_000  # a daemon may steer the clock of this machine meanwhile
    assert answer.asked_raw_ns - slack_ns <= told_raw_ns <= answer.heard_raw_ns + slack_ns


async def test_a_host_that_is_not_there(cluster):
    async with asking(cluster[0]) as questions:
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


async def test_where_all_hosts_are(cluster, eventually):
    async with asking(cluster[0]) as questions:
        nodes = json.loads(await eventually(questions.ask_graph, bool))["nodes"]
        assert {node["server"] for node in nodes} == {running.server_name for running in cluster}
    assert await questions.ask_graph() == "", "there is no link any more"


OK, UNKNOWN = Host("zeta", verdict="ok"), Host("zeta", verdict="unknown")
GOOD = ClockReport(Local(server="good", grace_left_seconds=0.0), solved=True, hosts=(OK,))
SILENT = None
SAID = {
    "one alone": ([GOOD], "good"),
    "of an older release": ([ClockReport(Local(server="old"), solved=True, hosts=(OK,))], "old"),
    "the first does not answer": ([SILENT, GOOD], "good"),
    "the first has just started": (
        [ClockReport(Local(server="new", grace_left_seconds=50.0), solved=True, hosts=(OK,)), GOOD],
        "good",
    ),
    "the first has no verdict": ([ClockReport(Local(server="blind"), solved=True, hosts=(UNKNOWN,)), GOOD], "good"),
    "the first does not know the host": ([ClockReport(Local(server="blind"), solved=True), GOOD], "good"),
    "the first does not solve": ([ClockReport(Local(server="agent"), hosts=(OK,)), GOOD], "good"),
    "no better one": ([SILENT, ClockReport(Local(server="blind"), solved=True, hosts=(UNKNOWN,))], "blind"),
    "nobody": ([ClockReport(Local(server="agent"))], None),
}


@pytest.mark.parametrize(("said", "server"), SAID.values(), ids=SAID)
async def test_which_of_those_that_solve_is_repeated(cluster, said, server):
    async with asyncio.TaskGroup() as group:
        others = [(running, answering(report)) for running, report in zip(cluster[1:], said, strict=False)]
        services = [solver(running.unix) for running, solver in others]
        for service in services:
            group.create_task(service.run())
            await service.wait_ready()
        async with asking(cluster[0]) as questions:
            names = [running.server_name for running, _ in others]
            report = await questions.ask_solvers(names, "zeta")
        assert (report and report.local.server) == server
        for service in services:
            service.stop()


async def test_those_that_do_not_answer_are_waited_for_together(cluster):
    async with asyncio.TaskGroup() as group:
        silent = answering(SILENT)(cluster[1].unix)
        group.create_task(silent.run())
        await silent.wait_ready()
        async with asking(cluster[0]) as questions, asyncio.timeout(2 * TIMEOUT_S):
            assert await questions.ask_solvers([cluster[1].server_name] * 5, "zeta") is None
        silent.stop()


async def test_an_answer_that_comes_late_is_no_unknown_command(cluster):
    async with asking(cluster[0]), Client(cluster[0].unix, "late") as late:
        await late.send(Message("CLOCK_CURRENT_REPORT", {"report": "{}"}, "timekeeper", "."))
        refused = await late.request(Message("NOBODY_KNOWS_THIS", {}, "timekeeper", "."), "UNKNOWN")
        assert refused.get("command") == "NOBODY_KNOWS_THIS"


async def test_where_nobody_solves_nobody_is_asked(cluster):
    async with asking(cluster[0]) as questions:
        assert await questions.ask_solvers([], "zeta") is None


def answering(report):
    """Makes a timekeeper that answers so; without a report it never answers."""

    def make(address):
        service = Service(address, "timekeeper")

        @service.on("CLOCK_GET_REPORT")
        async def answer(_question):
            if report is None:
                return None
            return Message("CLOCK_CURRENT_REPORT", {"report": msgspec.json.encode(report).decode()})

        return service

    return make
