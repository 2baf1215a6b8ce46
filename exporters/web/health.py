"""SHELL: /healthz, whether the exporter serves, and /readyz, whether it knows what it is there to tell; it asks nobody itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

HEALTH = "/healthz"
"""Open to everybody: it says no more than that the process serves."""
_OK, _UNAVAILABLE = 200, 503
_JSON = "application/json"


class Condition(NamedTuple):
    """What has to be so for the exporter to be of use."""

    name: str
    reason: str
    """Why it is not so; empty when it is."""

    @property
    def is_met(self) -> bool:
        """Whether it is so."""
        return not self.reason


class Conditions(NamedTuple):
    """What was found."""

    needed: Sequence[Condition]
    quorum: Condition
    """Whether the cluster is up: no fault of this host, so that it counts for who asks for it only."""


def health_routes(look: Callable[[], Awaitable[Conditions]]) -> list[BaseRoute]:
    """The routes /healthz and /readyz.

    Args:
        look: Finds out how things are; must not raise.
    """

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readiness(request: Request) -> Response:
        found = await look()
        needed = [*found.needed, *([found.quorum] if "quorum" in request.query_params else [])]
        status = _OK if all(condition.is_met for condition in needed) else _UNAVAILABLE
        if _JSON in request.headers.get("accept", ""):
            return Response(_as_json(needed), status, media_type=_JSON)
        return PlainTextResponse(_as_text(needed), status)

    return [Route(HEALTH, health), Route("/readyz", readiness)]


def _as_text(conditions: Sequence[Condition]) -> str:
    """A word, and then a line for each condition."""
    is_ready = all(condition.is_met for condition in conditions)
    lines = [f"{condition.name}: {condition.reason or 'ok'}" for condition in conditions]
    return "\n".join(["ready" if is_ready else "not ready", *lines, ""])


def _as_json(conditions: Sequence[Condition]) -> bytes:
    told = [{"name": one.name, "ok": one.is_met, "reason": one.reason} for one in conditions]
    return msgspec.json.encode({"ready": all(one["ok"] for one in told), "conditions": told})
