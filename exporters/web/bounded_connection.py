"""SHELL: one connection of a client: uvicorn's, with an end to all that a client may draw out; it knows no page."""

import asyncio
import http
import socket
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from exporters.web.headers import with_security
from exporters.web.settings import LimitsSettings


class BoundedConnection(H11Protocol):
    """Closes what takes too long to ask, or to read the answer.

    Args:
        limits: How long that is.
        leave: Called once, when it is over.
        heard: Called with it whenever a whole request has come.
        options: What uvicorn needs.
    """

    def __init__(
        self,
        limits: LimitsSettings,
        leave: Callable[[], None],
        heard: Callable[["BoundedConnection"], None],
        **options: Any,  # noqa: ANN401 - uvicorn's affair
    ) -> None:
        super().__init__(**options)
        self.is_made = False
        """Whether it ever came to be: a TLS handshake may come to nothing."""
        self._limits = limits
        self._heard = heard
        self._leave: Callable[[], None] | None = leave
        self._retires = False
        self._asking: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def leave(self) -> None:
        """It is over, or never began."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Speak HTTP from now on."""
        # whatever is not taken at once is waited for with a time limit; a TLS transport takes 0 for "always"
        transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") else 0)
        self.is_made = True
        super().connection_made(transport)
        self._asking = self.loop.call_later(self._limits.request_s, self._asked_too_slowly)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch_asking()
        if self.is_answering:
            if self.has_asked:
                self._heard(self)
                self._cork(is_held=True)
            self.cycle.keep_alive = self.cycle.keep_alive and not self._retires

    def _watch_asking(self) -> None:
        """A request that has begun has to end in time, however many pieces it comes in."""
        if self.has_asked or self.transport.is_closing():
            self._asking = _cancel(self._asking)
        elif self._asking is None:
            self._asking = self.loop.call_later(self._limits.request_s, self._asked_too_slowly)

    @property
    def is_answering(self) -> bool:
        """Whether a request of its is being answered, or was begun to be before its body had come."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    @property
    def has_asked(self) -> bool:
        """Whether the whole request has come, its body too."""
        return self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}

    def _asked_too_slowly(self) -> None:
        if self.conn.trailing_data[0] or self.conn.their_state is h11.SEND_BODY:
            self._refuse(408)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it never says more than that
        """Say that this is no request."""
        self._refuse(400)
        self.transport.close()

    def _refuse(self, status: int) -> None:
        """Say what is wrong, unless something else is being said already."""
        if self.is_answering:
            self.cycle.disconnected = True  # what the application still says goes nowhere
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(_plain_answer(status))

    def on_response_complete(self) -> None:
        """All of an answer is written."""
        self._cork(is_held=False)
        super().on_response_complete()

    def _cork(self, *, is_held: bool) -> None:
        """Have head and body go out together: some clients wait 40 ms for what comes behind the first packet."""
        if not self.transport.is_closing():
            self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, is_held)

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        if self._reading is None:
            self._reading = self.loop.call_later(self._limits.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read all."""
        self._reading = _cancel(self._reading)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while; what is being read is given its time."""
        self.transport.close()

    def retire(self) -> None:
        """Answer what is asked or about to be, and nothing after that."""
        self._retires = True
        if self.cycle is not None:  # else its first request is on its way
            self.shutdown()

    def shutdown(self) -> None:
        """The server ends: at once, or when the answer under way is said."""
        if self.is_answering:
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of it."""
        self._asking = _cancel(self._asking)
        self._reading = _cancel(self._reading)
        self.leave()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()


def _cancel(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """What is left of a timer: nothing."""
    if timer is not None:
        timer.cancel()
    return None


def _plain_answer(status: int) -> bytes:
    """An answer to what never became a request."""
    phrase = http.HTTPStatus(status).phrase
    body = f"{phrase}\n".encode()
    headers = with_security(
        [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
    )
    lines = [f"HTTP/1.1 {status} {phrase}".encode(), *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", body])
