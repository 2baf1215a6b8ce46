"""SHELL: the canary on the router: takes what is told of runs and answers what is known; it counts nothing itself."""

import time

from canary.report import answer_report
from canary.runs import Runs
from canary.wire import read_offset, read_run_ended, read_run_started
from communicator.client import Service
from communicator.errors import MessageRefusedError, RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import ROUTER_SERVICE, is_tool_name


class Canary:
    """Keeps the recent runs in memory: a restart forgets them, and the router tells again what still runs.

    Passing commands such as ``bellwether send`` register too, but are no runs of a service.

    Args:
        service: The link to the router; its handlers are named here, so it must not run yet.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._runs = Runs()
        service.on("RUN_STARTED")(self.start)
        service.on("RUN_ENDED")(self.end)
        service.on("CANARY_GET_REPORT")(self.answer)

    async def start(self, message: Message) -> None:
        """RUN_STARTED, from the router alone."""
        _require_router(message)
        if is_tool_name(message.get("service")):
            return
        try:
            self._runs.start(read_run_started(message, time.monotonic()))
        except RemoteProtocolError as error:
            raise MessageRefusedError(message.command, str(error)) from None

    async def end(self, message: Message) -> None:
        """RUN_ENDED, from the router alone."""
        _require_router(message)
        if is_tool_name(message.get("service")):
            return
        try:
            self._runs.end(*read_run_ended(message), time.monotonic())
        except RemoteProtocolError as error:
            raise MessageRefusedError(message.command, str(error)) from None

    async def answer(self, message: Message) -> Message:
        """CANARY_GET_REPORT, from anyone."""
        try:
            offset = read_offset(message)
        except RemoteProtocolError as error:
            raise MessageRefusedError(message.command, str(error)) from None
        server = self._service.server_name
        return answer_report(self._runs, server=server, now_s=time.monotonic(), offset=offset)


def _require_router(message: Message) -> None:
    if message.sent_from_service != ROUTER_SERVICE:
        raise MessageRefusedError(message.command, "only the router tells of runs")
