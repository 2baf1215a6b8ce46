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

_READING = ("GET", "HEAD")
_FORBIDDEN, _METHOD_NOT_ALLOWED, _LENGTH_REQUIRED, _BODY_TOO_LARGE = 403, 405, 411, 413
_MISDIRECTED, _HEADERS_TOO_LARGE = 421, 431
_LOOPBACK = own_hosts(HostPort("127.0.0.1", 0), ())

Check = Callable[[Request], Awaitable[Response | None]]
"""Looks at a request; gives the refusal, or None to let it pass."""


Say = Callable[[Request, int, str], Response]
"""Makes the refusal of a request: with which status, and why."""


def _say(_request: Request, status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)


@dataclass(frozen=True, slots=True)
class Form:
    """What a listener takes for a question."""

    methods: tuple[str, ...] = _READING
    body_bytes: int = 0
    """The size of a body at most; 0: a question has none."""
    say: Say = _say
    """How a question of another form is refused."""


READ_ONLY = Form()
"""Questions as browsers and scrapers have them."""


@dataclass(slots=True)
class Guard:
    """Puts all checks around an application; what is set here later counts from the next request on."""

    hosts: OwnHosts = _LOOPBACK
    """The names under which it is asked."""
    server_name: Callable[[], str] = str
    """One more, which is known once there is a link to the router."""
    admit: Check | None = None
    """Whether who asks may; None: everybody may."""
    form: Form = READ_ONLY
    """What is taken for a question."""
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
        if (refusal := _faulty(request, self.form)) is not None:
            self.refused["form"] += 1
        elif (refusal := self._foreign(request)) is not None:
            self.refused["host"] += 1
        elif self.admit is not None and (refusal := await self.admit(request)) is not None:
            self.refused["credentials"] += 1
        return refusal

    def _foreign(self, request: Request) -> Response | None:
        """The refusal of a request that names somebody else, or that a page of somebody else has a browser send."""
        headers, server_name = request.headers, self.server_name()
        if not self.hosts.include(headers.get("host", ""), server_name):
            known = "localhost, 127.0.0.1 and [::1]" if self.hosts.listen.is_loopback else _KNOWN
            text = f"this exporter answers to {known}, and to what allowed_hosts in its settings names"
            return self.form.say(request, _MISDIRECTED, text)
        # a browser keeps from such a page what we answer, and not what it sends
        if request.method not in _READING and not self.hosts.include_origin(headers.get("origin", ""), server_name):
            return self.form.say(request, _FORBIDDEN, "pages of other hosts may send nothing here")
        return None


_KNOWN = "its address and the name of its host"


def _faulty(request: Request, form: Form) -> Response | None:
    """The refusal of a request that none of our pages is for."""
    if request.method not in form.methods:
        allowed = ", ".join(form.methods)
        return _closing(form.say(request, _METHOD_NOT_ALLOWED, f"only {allowed} is answered here"), allow=allowed)
    if "transfer-encoding" in request.headers and form.body_bytes:
        return _closing(form.say(request, _LENGTH_REQUIRED, "say how long the body is, in Content-Length"))
    length = _length(request.headers)
    if "transfer-encoding" in request.headers or length > form.body_bytes:
        most = form.body_bytes
        told = f"a body has {most} bytes at most" if most else "a question needs no body"
        refusal = form.say(request, _BODY_TOO_LARGE, told)
        return refusal if most > 0 and length <= _PASSED_OVER_BYTES else _closing(refusal)
    if is_too_much(request.headers.raw):
        return _closing(form.say(request, _HEADERS_TOO_LARGE, f"more than {HEAD_LINES} headers, or {HEAD_BYTES} bytes"))
    return None


_PASSED_OVER_BYTES = 1024 * 1024
"""Of a body that is refused: so much is waited for, since who still writes when we close may not read why."""
_LENGTH_DIGITS = 18
"""Of the length of a body: reading a number takes the square of its digits."""


def _length(headers: Headers) -> int:
    said = headers.get("content-length", "0").lstrip("0") or "0"
    return int(said) if said.isdecimal() and len(said) <= _LENGTH_DIGITS else 10**_LENGTH_DIGITS


def _closing(refusal: Response, **headers: str) -> Response:
    """The same as the last answer: what else comes on this connection may belong to what was refused."""
    refusal.headers.update({"connection": "close", **headers})
    return refusal
