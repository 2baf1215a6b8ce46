"""A client on a plain blocking socket, for scripts; it answers the router only while one of its methods runs."""

import contextlib
import logging
import socket
import time
from functools import partial
from typing import Self, assert_never

from communicator.client import outcomes
from communicator.client.connection import CLOSE_S, LINE_BYTES_READ, line_of, log_skipped_line
from communicator.client.dial import dial_blocking
from communicator.client.event_log import log_event
from communicator.client.registrant import REPLY_TIMEOUT_S, OneRegistration
from communicator.client.repeats import Repeats
from communicator.client.session import Session, State
from communicator.errors import ClientError, NotConnectedError, ReplyTimeoutError
from communicator.protocol.line_buffer import LineBuffer
from communicator.protocol.message import Message

_READ_BYTES = 64 * 1024


class BlockingClient(OneRegistration):
    """Registers with a router while its ``with`` block lasts.

    .. code-block:: python

        with BlockingClient("cd:///run/bellwether/communicatord.sock", "asker") as client:
            print(client.request(Message("PING", service="ping"), "PONG"))

    Arguments and errors are those of `Client`; one thread at a time may use it.
    """

    def _prepare(self, commands: frozenset[str]) -> None:
        session = self._session = self._new_session(commands)
        self._receive = session.receive if self._inspection is None else partial(self._inspection.receive, session)
        self._lines = LineBuffer(LINE_BYTES_READ)
        self._repeats = Repeats()
        self._answers: dict[int, Message | ClientError] = {}
        self._registration_error: ClientError | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        deadline_s = time.monotonic() + self._connect_timeout_s
        self._socket = dial_blocking(self._address, self._connect_timeout_s, self._tls)
        try:
            self._register()
            while self._session.state is State.REGISTERING:
                if not self._read(deadline_s):
                    what = f"does not answer REGISTER within {self._connect_timeout_s:g} s"
                    raise NotConnectedError(f"the router at {self._address} {what}")
            if self._registration_error is not None:
                raise self._registration_error
        except BaseException:  # interrupted too: a socket must not stay open behind an error
            self._drop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.connected:
                self._write(self._session.unregister())
                self._read_to_end()
        except NotConnectedError:
            log_event(logging.DEBUG, "unregister_failed", address=str(self._address))
        finally:
            self._drop()

    @property
    def connected(self) -> bool:
        """Whether what is sent now may arrive, as far as was read."""
        return self._socket is not None and self._session.state is State.READY and not self._session.is_leaving

    def _current_session(self) -> Session:
        return self._session

    def send(self, message: Message) -> None:
        """Send a message; the wire promises at most once.

        Raises:
            LocalProtocolError: The message has no encoding, or is faulty and `checks` are enforced.
            NotConnectedError: The link is gone.
        """
        self._check_sent(message)
        self._write(line_of(message))

    def request(self, message: Message, *replies: str, timeout_s: float = REPLY_TIMEOUT_S) -> Message:
        """Send a message and wait for its answer; arguments, result and errors are those of `Client.request`."""
        deadline_s = time.monotonic() + timeout_s
        self._check_sent(message)
        token, lines = self._session.request(message, replies)
        try:
            self._write(lines)
            while token not in self._answers:
                if not self._read(deadline_s):
                    raise ReplyTimeoutError(message.command, timeout_s, is_kept=self._session.is_kept(token))
            answer = self._answers.pop(token)
        finally:
            self._session.forget(token)
        if isinstance(answer, ClientError):
            raise answer
        return answer

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """The next message that answers no request.

        Args:
            timeout_s: How long to wait, in seconds; None waits for as long as it takes.

        Returns:
            The message; None when none came in time, or when this client was told to stop.

        Raises:
            NotConnectedError: The link was lost.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._inbox:
            if self.stop_asked or not self._read(deadline_s):
                return None
        return self._inbox.take()

    def _read(self, deadline_s: float | None) -> bool:
        """Read once, and do what follows from it; False when the deadline passed first."""
        link = self._link()
        wait_s = None if deadline_s is None else deadline_s - time.monotonic()
        if wait_s is not None and wait_s <= 0:
            return False
        try:
            link.settimeout(wait_s)
            data = link.recv(_READ_BYTES)
        except TimeoutError:
            return False
        except OSError as error:
            raise self._lost(str(error)) from error
        lines = self._lines.feed(data) if data else self._lines.finish()
        wall_ns = time.time_ns()
        for line in filter(None, lines.split(b"\n")):
            for outcome in self._receive(line, wall_ns):
                self._do(outcome)
        if self._lines.too_long:
            raise self._lost(f"the router sent a line of more than {LINE_BYTES_READ} bytes")
        if not data and not lines:
            raise self._lost("closed by the router")
        return True

    def _read_to_end(self) -> None:
        """Leave it to the router to close the link, as `Connection.leave` explains."""
        deadline_s = time.monotonic() + CLOSE_S
        try:
            while self._read(deadline_s):
                pass
        except NotConnectedError:
            return
        log_event(logging.WARNING, "unregister_unanswered", address=str(self._address))

    def _do(self, outcome: outcomes.Outcome) -> None:
        match outcome:
            case outcomes.Delivered(message, is_settled):
                self._deliver(message, is_settled=is_settled)
            case outcomes.Settled(token, answer):
                self._answers[token] = answer
            case outcomes.Transmit(data):
                self._write(data)
            case outcomes.NotRegistered(error):
                self._registration_error = error
            case outcomes.StopAsked():
                self.stop_asked = True
            case outcomes.Registered() | outcomes.RouterLeaves():
                pass
            case outcomes.LineSkipped():
                if count := self._repeats.due("line_skipped"):
                    log_skipped_line(outcome, count)
            case _:
                assert_never(outcome)

    def _deliver(self, message: Message, *, is_settled: bool) -> None:
        """Keep a message; only `request` reads on while others wait, so only then may one be dropped."""
        if is_settled:
            return
        if self._session.awaits_replies:
            self._inbox.put_or_drop(message)
        else:
            self._inbox.put(message)

    def _register(self) -> None:
        """Send the first line; a router that is full has said so and hung up, which is read next."""
        first_line = self._session.register()
        with contextlib.suppress(OSError):
            self._link().sendall(first_line)

    def _write(self, data: bytes) -> None:
        link = self._link()
        try:
            link.settimeout(REPLY_TIMEOUT_S)
            link.sendall(data)
        except OSError as error:
            raise self._lost(str(error)) from error

    def _link(self) -> socket.socket:
        if self._socket is None:
            raise NotConnectedError(f"no link to the router at {self.address}: use the client in a 'with' block")
        return self._socket

    def _lost(self, why: str) -> NotConnectedError:
        self._drop()
        return NotConnectedError(f"the link to the router at {self._address} is gone: {why}")

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
