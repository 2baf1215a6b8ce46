"""SHELL: asks routers: that of another host for its time, with ALIVE, and ours where all hosts are; it judges no answer."""

import itertools

from communicator.client import Service
from communicator.errors import ClientError, RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import ROUTER_SERVICE, THIS_SERVER
from communicator.protocol.values import parse_timestamp_ns
from timekeeper.cluster.routed import Answer
from timekeeper.probes.stamps import read_raw_ns

TIMEOUT_S = 2.0

_GRAPH = Message("CLUSTER_GET_GRAPH", {"cache": "no"}, ROUTER_SERVICE, THIS_SERVER)


class RouterQuestions:
    """Questions to routers.

    Args:
        service: Our link to our own router.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._serial = itertools.count(1)

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
