"""SHELL: /sd/SERVICE, what Prometheus' http_sd_configs asks for; it does not know how it is found out."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from communicator.errors import BellwetherError
from exporters.discovery.instances import Place
from exporters.discovery.jobs import encode_groups, overview, target_groups

Find = Callable[[], Awaitable[Sequence[Place]]]
"""Gives all there is to scrape; raises a `BellwetherError` when it does not know all of it."""

_NOT_FOUND, _UNAVAILABLE = 404, 503
_NAMED = 50
"""Services named to who asks for one that is none."""
_JSON = "application/json"
_OF_THE_EXPORTER = frozenset(("communicatord", "timekeeper", "canary"))
"""Whose metrics the exporter serves."""


def discovery_routes(find: Find) -> list[BaseRoute]:
    """The routes /sd/SERVICE, and /sd/ which says what there is."""

    async def job(request: Request) -> Response:
        service = request.path_params["service"]

        def answer(places: Sequence[Place]) -> Response:
            if not any(place.service == service for place in places):
                return _unknown(service, places)
            return Response(encode_groups(target_groups(places, service)), media_type=_JSON)

        return await _found(find, answer)

    async def jobs(_: Request) -> Response:
        return await _found(find, lambda places: Response(msgspec.json.encode(overview(places)), media_type=_JSON))

    return [Route("/sd/", jobs), Route("/sd/{service}", job)]


async def _found(find: Find, answer: Callable[[Sequence[Place]], Response]) -> Response:
    """An answer from all there is; Prometheus keeps the list it had when it gets none."""
    try:
        return answer(await find())
    except BellwetherError as error:
        return PlainTextResponse(f"{error}\n", _UNAVAILABLE)


def _unknown(service: str, places: Sequence[Place]) -> Response:
    known = sorted({place.service for place in places})
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    text = f"the router knows no service {service[:80]!r}; it knows {', '.join(known[:_NAMED]) or 'none'}{more}\n"
    if service in _OF_THE_EXPORTER:
        text += "its metrics are those of the exporter of its host: /sd/exporter\n"
    return PlainTextResponse(text, _NOT_FOUND)
