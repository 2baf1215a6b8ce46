"""SHELL: /metrics, in the format and within the time the client asks for; it does not know what a metric means."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client.metrics_core import Metric
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporters.asking import DEADLINE_S
from exporters.exposition import encode_page, read_deadline

ENCODED_AT_ONCE = 1
"""Pages: more would only take each other's processor, and memory for each."""


def metrics_routes(scrape: Callable[[float], Awaitable[Iterable[Metric]]]) -> list[BaseRoute]:
    """The route /metrics.

    Args:
        scrape: Gives the families of one scrape within so many seconds; must not raise for a target that is down.
    """
    turn = asyncio.Semaphore(ENCODED_AT_ONCE)

    async def metrics(request: Request) -> Response:
        asked = request.headers
        deadline_s = read_deadline(asked.get("x-prometheus-scrape-timeout-seconds", ""), DEADLINE_S)
        families = await scrape(deadline_s)
        async with turn:  # in a thread: a large page takes longer than others should wait for the loop
            page = await asyncio.to_thread(
                encode_page, families, asked.get("accept", ""), asked.get("accept-encoding", "")
            )
        headers = {"content-type": page.content_type, "cache-control": "no-store", "vary": "Accept, Accept-Encoding"}
        if page.is_compressed:
            headers["content-encoding"] = "gzip"
        return Response(page.body, headers=headers)

    return [Route("/metrics", metrics)]
