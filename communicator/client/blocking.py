"""A client without a loop of one's own, for scripts; it answers the router only while one of its methods runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

from communicator.client.connection import LEFT, Connection, line_of
from communicator.client.event_log import log_event
from communicator.client.registrant import REPLY_TIMEOUT_S, OneRegistration
from communicator.errors import NotConnectedError
from communicator.protocol.message import Message

R = TypeVar("R")


class BlockingClient(OneRegistration):
    """Registers with a router while its ``with`` block lasts.

    .. code-block:: python

        with BlockingClient("cd:///run/bellwether/communicatord.sock", "asker") as client:
            print(client.request(Message("PING", service="ping"), "PONG"))

    Arguments and errors are those of `Client`; one thread at a time may use it. A loop that runs in that thread waits meanwhile.
    """

    _BLOCK = "a 'with' block"
    _runner: asyncio.Runner | None = None
    """While the block lasts."""

    def __enter__(self) -> Self:
        self._has_reader = True  # what comes while none of its methods runs waits in the socket
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        try:
            self._connection = self._run(self._open)
        except BaseException:  # interrupted too: a socket must not stay open behind an error
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._run(self._leave)
        finally:
            self._end()

    def send(self, message: Message) -> None:
        """Send a message; the wire promises at most once.

        Raises:
            LocalProtocolError: The message has no encoding, or is faulty and `checks` are enforced.
            NotConnectedError: The link is gone.
        """
        self._check_sent(message)
        self._run(lambda: self._send(line_of(message)))

    def request(self, message: Message, *replies: str, timeout_s: float = REPLY_TIMEOUT_S) -> Message:
        """Send a message and wait for its answer; arguments, result and errors are those of `Client.request`."""
        return self._run(lambda: self._link.request(message, replies, timeout_s))

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """The next message that answers no request.

        Args:
            timeout_s: How long to wait, in seconds; None waits for as long as it takes.

        Returns:
            The message; None when none came in time, or when this client was told to stop.

        Raises:
            NotConnectedError: The link was lost.
        """
        return self._run(lambda: self._next_within(timeout_s))

    def _run(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Do something on a loop that runs only meanwhile."""
        runner = self._runner
        if runner is None:
            raise NotConnectedError(f"not connected to {self.address}: use the client in {self._BLOCK}")
        return _apart(lambda: runner.run(work()))

    async def _open(self) -> Connection:
        link = await Connection.open(self._address, self._make, self._connect_timeout_s, self._tls)
        link.write_through()  # nothing is written while no method runs
        return link

    async def _leave(self) -> None:
        link = self._link
        if not link.is_usable:
            link.abort(LEFT)
        await link.close()
        if link.close_reason != LEFT:
            log_event(logging.WARNING, "unregister_unanswered", address=str(self._address))

    async def _send(self, line: bytes) -> None:
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                await self._link.send(line)
        except TimeoutError:
            self._link.abort("timed out")
            await self._link.closed.wait()
            raise NotConnectedError(f"the link to the router at {self._address} is gone: timed out") from None

    async def _next_within(self, timeout_s: float | None) -> Message | None:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._next()
        except TimeoutError:
            return None

    def _end(self) -> None:
        if self._runner is not None:
            _apart(self._runner.close)
            self._runner = None


def _apart(do: Callable[[], R]) -> R:
    """Run a loop to its end: here or, where one runs in this thread already, in another thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return do()
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(do).result()
