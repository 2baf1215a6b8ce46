"""SHELL: asks routers for their time and where all hosts are, and timekeepers for their report; it judges no clock."""

import asyncio
import itertools
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from communicator.answers.clocks import ClockReport
from communicator.client import Service
from communicator.errors import ClientError, RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import ROUTER_SERVICE, THIS_SERVER
from communicator.protocol.values import parse_timestamp_ns
from timekeeper.cluster.routed import Answer
from timekeeper.probes.stamps import read_raw_ns

SERVICE = "timekeeper"
"""What every timekeeper is called."""
TIMEOUT_S = 2.0

_GRAPH = Message("CLUSTER_GET_GRAPH", {"cache": "no"}, ROUTER_SERVICE, THIS_SERVER)


class Questions:
    """Questions to routers and timekeepers.

    Args:
        service: Our link to our own router.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._serial = itertools.count(1)
        service.on("CLOCK_CURRENT_REPORT")(_ignore)

    async def ask(self, host: str) -> Answer | None:
        """Ask once.

        Args:
            host: Whose router.

        Returns:
            What it wrote, and when that was; None when it does not answer, or not with a time.
        """
        serial = str(next(self._serial))
        question = Message("ALIVE", {"serial": serial}, ROUTER_SERVICE, host)
        asked_ns = read_raw_ns()
        try:
            reply = await self._service.request(question, "ABSOLUTELY", timeout_s=TIMEOUT_S)
            heard_ns = read_raw_ns()
            told_ns = parse_timestamp_ns(reply.get("reply_timestamp"))
        except (ClientError, RemoteProtocolError):
            return None
        if reply.get("serial") != serial or reply.sent_from_server != host:
            return None
        return Answer(asked_ns, heard_ns, told_ns)

    async def ask_graph(self) -> str:
        """What our own router knows of all hosts, as the text of CLUSTER_GRAPH; empty when it does not say."""
        try:
            reply = await self._service.request(_GRAPH, "CLUSTER_GRAPH", timeout_s=TIMEOUT_S)
        except (ClientError, RemoteProtocolError):
            return ""
        return reply.get("graph")

    async def ask_solvers(self, servers: Iterable[str], host: str) -> ClockReport | None:
        """What one of those that solve says of all clocks, all of them being asked at once.

        Args:
            servers: Their hosts.
            host: The first answer that has a verdict on this one, by a solver that has not just started, is taken at once.

        Returns:
            Where there is none such within `TIMEOUT_S`, the first answer; None where none comes.
        """
        spare = None
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._ask_solver(server)) for server in servers]
            for answer in asyncio.as_completed(asked):
                report = await answer
                if report is not None and _has_judged(report, host):
                    spare = report
                    break
                spare = spare or report
            for each in asked:
                each.cancel()
        return spare

    async def _ask_solver(self, server: str) -> ClockReport | None:
        question = Message("CLOCK_GET_REPORT", {}, SERVICE, server)
        with suppress(ClientError, RemoteProtocolError, msgspec.DecodeError):
            answer = await self._service.request(question, "CLOCK_CURRENT_REPORT", timeout_s=TIMEOUT_S)
            report = msgspec.json.decode(answer.get("report"), type=ClockReport)
            return report if report.solved else None
        return None


def _has_judged(report: ClockReport, host: str) -> bool:
    has_verdict = any(one.host == host and one.verdict != "unknown" for one in report.hosts)
    return has_verdict and not report.local.grace_left_seconds


async def _ignore(_report: Message) -> None:
    """An answer that came after another one was taken: its sender is not to be told that we do not know the command."""
