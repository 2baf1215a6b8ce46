"""SHELL: what each request has to pass before any page sees it, and each answer before it goes out; it knows no page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from communicator.protocol.addresses import HostPort
from exporters.web.headers import HEAD_BYTES, HEAD_LINES, is_too_much, with_security
from exporters.web.hosts import OwnHosts, own_hosts

_METHODS = ("GET", "HEAD")
_METHOD_NOT_ALLOWED, _BODY_TOO_LARGE, _MISDIRECTED, _HEADERS_TOO_LARGE = 405, 413, 421, 431
_LOOPBACK = own_hosts(HostPort("127.0.0.1", 0), ())

Check = Callable[[Request], Awaitable[Response | None]]
"""Looks at a request; gives the refusal, or None to let it pass."""


@dataclass(slots=True)
class Guard:
    """Puts all checks around an application; what is set here later counts from the next request on."""

    hosts: OwnHosts = _LOOPBACK
    """The names under which it is asked."""
    server_name: Callable[[], str] = str
    """One more, which is known once there is a link to the router."""
    admit: Check | None = None
    """Whether who asks may; None: everybody may."""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    """What every answer carries in place of our own headers, or besides."""
    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("form", "host", "credentials"), 0))
    """How many requests were refused, by what was wrong."""

    def around(self, application: ASGIApp) -> ASGIApp:
        """The application behind the checks."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_secured(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": with_security(message.get("headers", ()), self.headers)}
                await send(message)

            refusal = await self._refusal(Request(scope)) if scope["type"] == "http" else None
            await (refusal or application)(scope, receive, send_secured)

        return guarded

    async def _refusal(self, request: Request) -> Response | None:
        if (refusal := _faulty(request)) is not None:
            self.refused["form"] += 1
        elif not self.hosts.include(request.headers.get("host", ""), self.server_name()):
            self.refused["host"] += 1
            refusal = _misdirected(self.hosts.listen)
        elif self.admit is not None and (refusal := await self.admit(request)) is not None:
            self.refused["credentials"] += 1
        return refusal


def _faulty(request: Request) -> Response | None:
    """The refusal of a request that none of our pages is for."""
    if request.method not in _METHODS:
        allowed = {"allow": ", ".join(_METHODS)}
        return PlainTextResponse("this exporter is only read from\n", _METHOD_NOT_ALLOWED, allowed | _CLOSE)
    if _has_body(request.headers):
        return PlainTextResponse("a question needs no body\n", _BODY_TOO_LARGE, _CLOSE)
    if is_too_much(request.headers.raw):
        return PlainTextResponse(f"more than {HEAD_LINES} headers, or {HEAD_BYTES} bytes\n", _HEADERS_TOO_LARGE, _CLOSE)
    return None


_CLOSE = {"connection": "close"}
"""What else comes on this connection may belong to what was refused."""


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip("0") != ""


def _misdirected(listen: HostPort) -> Response:
    known = "localhost, 127.0.0.1 and [::1]" if listen.is_loopback else "its address and the name of its host"
    text = f"this exporter answers to {known}, and to what allowed_hosts in its settings names\n"
    return PlainTextResponse(text, _MISDIRECTED)
