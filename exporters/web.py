"""SHELL: the HTTP side: /metrics, /healthz and a page of links; it knows no router and not what a metric means."""

from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from communicator.errors import AddressError
from communicator.protocol.addresses import parse_host_port
from communicator.version import __version__

_HTTP_PORT = 80
_MISDIRECTED = 421

_LANDING = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Bellwether</title></head>
<body>
<h1>Bellwether</h1>
<p>The exporter of this host, version {__version__}.</p>
<ul>
<li><a href="metrics">Metrics</a> for Prometheus</li>
<li><a href="healthz">Health</a> of the exporter itself</li>
</ul>
</body>
</html>
"""


class _Page(Collector):
    """One scrape's families as prometheus_client wants them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


class LoopbackHostOnly:
    """Refuses requests that name another host than this machine's loopback.

    A page in a browser may have its own name resolve to 127.0.0.1 and so read what listens there; its
    requests still carry that name (DNS rebinding).
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not is_loopback_host(Request(scope).headers.get("host", "")):
            refusal = PlainTextResponse(
                "this exporter answers to localhost, 127.0.0.1 and [::1] only\n", status_code=_MISDIRECTED
            )
            await refusal(scope, receive, send)
            return
        await self._application(scope, receive, send)


def is_loopback_host(header: str) -> bool:
    """Whether a Host header names this machine's loopback; a missing one (HTTP/1.0) does no harm."""
    if not header:
        return True
    try:
        return parse_host_port(header, _HTTP_PORT).is_loopback
    except AddressError:
        return False


def application(scrape: Callable[[], Awaitable[Iterable[Metric]]]) -> Starlette:
    """The web application.

    Args:
        scrape: Gives the families of one scrape; must not raise for a target that is down.
    """

    async def metrics(request: Request) -> Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Page(await scrape()))
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type, "cache-control": "no-store"})

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def landing(_: Request) -> Response:
        return HTMLResponse(_LANDING)

    routes = [Route("/", landing), Route("/metrics", metrics), Route("/healthz", health)]
    served = Starlette(routes=routes)
    served.add_middleware(LoopbackHostOnly)
    return served
