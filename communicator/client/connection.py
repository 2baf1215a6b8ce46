"""One link to a router on asyncio: bytes in and out of a session, and the futures of its requests; it never reconnects."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import assert_never, cast

from communicator.client import outcomes
from communicator.client.dial import dial
from communicator.client.event_log import Repeats, log_event
from communicator.client.inspection import Inspection
from communicator.client.session import Session, State
from communicator.errors import ClientError, NotConnectedError, ReplyTimeoutError
from communicator.protocol.addresses import RouterAddress
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.line_buffer import LineBuffer
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message

CLOSE_S = 2.0
"""How long the router is given to close a link that we have left, in seconds."""
LEAVE_S = 10.0
"""How long a router that said it ends is given to close the link, in seconds; it drains for 5 s."""
LEFT = "closed by us"
LINE_BYTES_READ = LINE_BYTES_HARD + 1024
"""The longest line that is read: a longest one, and a sender in front of it; a peer's long line must not cost us the link."""
LOGGED_BYTES = 200
"""How much of a bad line is logged."""


class Connection(asyncio.Protocol):
    """A registered link; `open` makes one.

    Args:
        session: The conversation.
        deliver: Called with each message that answers no request, and whether it is settled already; must not raise.
        stop: Called when this service was told to end; must not raise.
        lost: Called once the link is gone; must not raise.
        inspection: Checks what is asked and what is heard; None where nothing is checked.
    """

    def __init__(
        self,
        session: Session,
        deliver: Callable[[Message, bool], None],
        stop: Callable[[], None],
        lost: Callable[[], None],
        inspection: Inspection | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.session = session
        self.closed = asyncio.Event()
        """Set once the link is gone, whoever closed it."""
        self.close_reason = "closed by the router"
        self._deliver = deliver
        self._stop = stop
        self._lost = lost
        self._inspection = inspection
        self._receive = session.receive if inspection is None else partial(inspection.receive, session)
        self._transport: asyncio.Transport | None = None
        self._lines = LineBuffer(LINE_BYTES_READ)
        self._answers: dict[int, asyncio.Future[Message | ClientError]] = {}
        self._registered: asyncio.Future[ClientError | None] = loop.create_future()
        self._end_timer: asyncio.TimerHandle | None = None
        self._is_reading = True
        self._repeats = Repeats()
        self._writable = asyncio.Event()
        self._writable.set()

    @classmethod
    async def open(
        cls,
        address: RouterAddress,
        make: Callable[[], "Connection"],
        timeout_s: float,
        tls: ssl.SSLContext | None = None,
    ) -> "Connection":
        """Connect, register, and wait for READY.

        Args:
            address: The router's stream address.
            make: Makes the connection around a fresh session.
            timeout_s: How long all of it may take, in seconds.
            tls: For ``cds://``.

        Raises:
            NotConnectedError: There is no router, or it did not answer in time.
            RegistrationRefusedError: It refused the registration.
            VersionBlockedError: This version is blocked on that server.
        """
        connection: Connection | None = None
        try:
            async with asyncio.timeout(timeout_s):
                connection = await dial(address, make, tls)
                first_line = connection.session.register()
                for _ in range(2):  # a router that is full has said so and hung up: read that before a write fails
                    await asyncio.sleep(0)
                connection.write(first_line)
                error = await connection.registration()
        except TimeoutError:
            what = "does not answer REGISTER" if connection else "cannot be reached"
            error = NotConnectedError(f"the router at {address} {what} within {timeout_s:g} s")
        except BaseException:  # cancelled, or an identity that has no encoding: either way the link must not stay
            if connection is not None:
                connection.abort("given up")
            raise
        if error is not None:
            if connection is not None:
                connection.abort("not registered")
                await connection.closed.wait()
            raise error
        assert connection is not None  # noqa: S101 - no error means there is one
        return connection

    async def registration(self) -> ClientError | None:
        """Wait for the router's answer to REGISTER; None when it is READY."""
        return await self._registered

    @property
    def is_usable(self) -> bool:
        """Whether what is sent now may arrive."""
        return (
            self.session.state is State.READY
            and not self.session.is_leaving
            and self.close_reason != LEFT
            and self._transport is not None
            and not self._transport.is_closing()
        )

    def write(self, data: bytes) -> None:
        """Queue lines for the router; without effect once the link is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_through(self) -> None:
        """From now on `send` waits until a line has left us, and not only while the router is behind."""
        if self._transport is not None:
            self._transport.set_write_buffer_limits(0)

    async def send(self, line: bytes) -> None:
        """Write one line, and wait while the router is behind.

        Raises:
            NotConnectedError: The link is gone.
        """
        self._require_usable()
        self.write(line)
        await self._writable.wait()

    async def request(self, message: Message, replies: Iterable[str], timeout_s: float) -> Message:
        """Send a message and wait for one of the replies; see `Client.request`."""
        self._require_usable()
        if self._inspection is not None:
            self._inspection.check_sent(message, self.session.server_name)
        token, lines = self.session.request(message, replies)
        answer: asyncio.Future[Message | ClientError] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self.resume_reading()  # the reply comes behind whatever made us pause
        try:
            async with asyncio.timeout(timeout_s):
                await self.send(lines)
                settled = await answer
        except TimeoutError:
            raise ReplyTimeoutError(message.command, timeout_s, is_kept=self.session.requests.is_kept(token)) from None
        finally:
            del self._answers[token]
            self.session.requests.discard(token)
        if isinstance(settled, ClientError):
            raise settled
        return settled

    def pause_reading(self) -> None:
        """Let the router wait: its lines stay in the socket."""
        if self._is_reading and self._transport is not None and not self._transport.is_closing():
            self._is_reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if not self._is_reading and self._transport is not None and not self._transport.is_closing():
            self._is_reading = True
            self._transport.resume_reading()

    def leave(self) -> None:
        """Unregister, at which the router closes the link.

        A link that is closed with something unread in it is reset, and takes along what was just written: the router would
        believe that the service was lost. So a registered link is left to the router to close.
        """
        if self._transport is None or self._transport.is_closing() or self.close_reason == LEFT:
            return
        self.close_reason = LEFT
        self._end_by(CLOSE_S, "the router does not close the link we left")
        if self.session.state is State.READY:
            self.write(self.session.unregister())
            self.resume_reading()
        else:
            self._transport.close()

    async def close(self) -> None:
        """Leave, and wait until the link is gone."""
        self.leave()
        await self.closed.wait()

    def abort(self, why: str) -> None:
        """Drop the link at once, with what is queued."""
        if self._transport is not None:
            self.close_reason = why
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: the link is there."""
        self._transport = cast("asyncio.Transport", transport)  # we only dial streams; uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: bytes came."""
        lines = self._lines.feed(data)
        if lines:
            self._take(lines)
        if self._lines.too_long:
            log_event(logging.WARNING, "line_too_long", limit_bytes=LINE_BYTES_READ)
            self.abort(f"the router sent a line of more than {LINE_BYTES_READ} bytes")

    def eof_received(self) -> None:
        """Called by asyncio: the router will write no more."""
        line = self._lines.finish()
        if line:
            self._take(line)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: the link is gone."""
        if exc is not None and self.close_reason != LEFT:
            self.close_reason = str(exc) or type(exc).__name__
        self._register(NotConnectedError(f"the router closed the link before it registered us: {self.close_reason}"))
        if self._end_timer is not None:
            self._end_timer.cancel()
        for outcome in self.session.link_lost(self.close_reason):
            self._settle(outcome)
        self._writable.set()
        self.closed.set()
        self._lost()

    def pause_writing(self) -> None:
        """Called by asyncio: the router is behind."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Called by asyncio: the router caught up."""
        self._writable.set()

    def _require_usable(self) -> None:
        if not self.is_usable:
            why = "the router is stopping" if self.session.is_leaving else self.close_reason
            raise NotConnectedError(f"the link to the router is gone: {why}")

    def _take(self, lines: bytes) -> None:
        wall_ns = time.time_ns()
        for line in filter(None, lines.split(b"\n")):
            for outcome in self._receive(line, wall_ns):
                self._do(outcome)

    def _do(self, outcome: outcomes.Outcome) -> None:
        match outcome:
            case outcomes.Delivered(message, is_settled):
                self._deliver(message, is_settled)
            case outcomes.Settled():
                self._settle(outcome)
            case outcomes.Transmit(data):
                self.write(data)
            case outcomes.Registered(error):
                self._register(error)
            case outcomes.StopAsked(by):
                self._repeats.log(logging.INFO, "stop_asked", by=by or "unknown")
                self._stop()
            case outcomes.RouterLeaves():
                self.close_reason = "the router is stopping"
                self._end_by(LEAVE_S, "the router said that it stops, and did not")
            case outcomes.LineSkipped(line, error):
                self._repeats.log(logging.WARNING, "line_skipped", error=str(error), line=repr(line[:LOGGED_BYTES]))
            case _:
                assert_never(outcome)

    def _register(self, error: ClientError | None) -> None:
        if not self._registered.done():
            self._registered.set_result(error)

    def _end_by(self, timeout_s: float, why: str) -> None:
        """Give the router a time to close the link; then it is dropped."""
        if self._end_timer is None:
            self._end_timer = asyncio.get_running_loop().call_later(timeout_s, self.abort, why)

    def _settle(self, outcome: outcomes.Settled) -> None:
        answer = self._answers.get(outcome.token)
        if answer is not None and not answer.done():
            answer.set_result(outcome.answer)


def line_of(message: Message) -> bytes:
    """The line that carries a message, without a sender: the router writes that.

    Raises:
        LocalProtocolError: The message has no encoding.
    """
    return encode_line(Message(message.command, message.parameters, message.service, message.server))
