"""SHELL: the addresses of the page, which a browser asks again and again; it shows what a `Gatherer` tells, and changes nothing."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from communicator.version import __version__
from communicator.wording.releases import read_version, scope_text
from exporters.page import words
from exporters.page.gather import Gatherer
from exporters.page.pieces import IN_FULL
from exporters.page.rendering import Renderer, Templates
from exporters.page.snapshot import Snapshot
from exporters.page.views.addresses import stable_id
from exporters.page.views.explain import explain_view
from exporters.page.views.host import host_view

INTERVAL_S = 5
"""How often an open page asks what has changed."""
_NAME_CHARACTERS = 300
"""Of a name in a question; those of the router have 255 at most."""
_SEEN_CHARACTERS = 1_000


class _Wish(NamedTuple):
    """What a browser wants to see."""

    in_full: frozenset[str]
    paused: bool
    seen: frozenset[str]
    """Digests of the pieces it has."""

    def query(self, **more: str) -> str:
        told = {"all": ",".join(sorted(self.in_full)), **more}
        kept = urlencode({name: value for name, value in told.items() if value}, safe=",.")
        return f"?{kept}" if kept else ""


def page_routes(gatherer: Gatherer) -> list[BaseRoute]:
    """The routes of the page: /, what it asks for later, and its static files.

    Args:
        gatherer: Tells how things are.
    """
    page = _Page(gatherer)
    handlers = {
        "/": page.whole,
        "/fragment/changes": page.changes,
        "/fragment/control": page.control,
        "/explain": page.explain,
        "/clock": page.clock,
    }
    packed = [Middleware(GZipMiddleware, minimum_size=500)]
    static = Mount("/static", _Kept(packages=[("exporters.page", "static")]), middleware=packed)
    return [*(Route(path, handler, middleware=packed) for path, handler in handlers.items()), static]


class _Kept(StaticFiles):
    """Files that a browser keeps; it asks each time whether they are still the same, so that a new release is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


class _Page:
    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._templates = Templates()
        self._renderer = Renderer(self._templates)
        self._rendering = asyncio.Lock()

    async def whole(self, request: Request) -> Response:
        wish, snapshot = _wish(request), await self._gatherer.snapshot()
        context = await self._context(wish, snapshot)
        return _answer(self._templates.render("page.html", {**context, "detail": "", "version": __version__}))

    async def changes(self, request: Request) -> Response:
        wish, snapshot = _wish(request), await self._gatherer.snapshot()
        context = await self._context(wish, snapshot)
        return _answer(self._templates.render("changes.html", context))

    async def control(self, request: Request) -> Response:
        wish, snapshot = _wish(request), await self._gatherer.snapshot()
        context = await self._context(wish, snapshot)
        return _answer(self._templates.render("control.html", context))

    async def explain(self, request: Request) -> Response:
        names = ("server", "service", "version", "build")
        asked = {name: request.query_params.get(name, "")[:_NAME_CHARACTERS] for name in names}
        told = await self._gatherer.explanation({name: value for name, value in asked.items() if value})
        opener = stable_id("cell", *(asked | {"version": read_version(asked["version"])}).values())
        title = scope_text(asked["service"], asked["version"], asked["build"], asked["server"])
        if told.value is None:
            return self._detail(request, "missing.html", {"title": title, "fault": told.fault, "opener": opener})
        snapshot = await self._gatherer.snapshot()
        view = explain_view(told.value, snapshot.server, snapshot.not_enforced)
        context = {"title": title, "view": view, "opener": opener}
        return self._detail(request, "explain.html", context)

    async def clock(self, request: Request) -> Response:
        host = request.query_params.get("host", "")[:_NAME_CHARACTERS]
        snapshot = await self._gatherer.snapshot()
        told, opener = snapshot.clocks, stable_id("clock", host)
        view = host_view(told.value, host, snapshot.not_enforced) if told.value else None
        if view is None:
            fault = told.fault or f"nothing is known of a host {host!r}"
            context = {"title": host, "fault": fault, "opener": opener}
            return self._detail(request, "missing.html", context)
        return self._detail(request, "host.html", {"title": host, "view": view, "opener": opener})

    def _detail(self, request: Request, template: str, context: Mapping[str, Any]) -> Response:
        """A fragment for the page that is open, or a page of its own for who has no JavaScript."""
        is_fragment = request.headers.get("hx-request") == "true"
        now = words.time_of_day(datetime.now(UTC).timestamp())
        inner = self._templates.render(template, {**context, "is_fragment": is_fragment, "time": now})
        if is_fragment:
            return _answer(inner)
        title = f"{context['title']} - Bellwether"
        return _answer(self._templates.render("detail.html", {"title": title, "detail": inner}))

    async def _context(self, wish: _Wish, snapshot: Snapshot) -> dict[str, Any]:
        async with self._rendering:
            rendered = await asyncio.to_thread(self._renderer.pieces, snapshot, wish.in_full)
            status = self._renderer.picture(snapshot).status
        seen = ".".join(one.digest for one in rendered.values())
        return {
            "title": f"{status.mark.sign} {snapshot.server or 'this host'} - Bellwether",
            "server": snapshot.server,
            "pieces": {name: one.html for name, one in rendered.items()},
            "changed": [(name, one.html) for name, one in rendered.items() if one.digest not in wish.seen],
            "paused": wish.paused,
            "poll_query": wish.query(seen=seen),
            "pause_query": wish.query(paused="1"),
            "resume_query": wish.query(),
            "interval_s": INTERVAL_S,
            "time": words.time_of_day(snapshot.at_wall_s),
            "iso_time": datetime.fromtimestamp(snapshot.at_wall_s, UTC).isoformat(timespec="seconds"),
        }


def _wish(request: Request) -> _Wish:
    asked = request.query_params
    return _Wish(
        in_full=frozenset(asked.get("all", "").split(",")) & frozenset(IN_FULL),
        paused=asked.get("paused") == "1",
        seen=frozenset(asked.get("seen", "")[:_SEEN_CHARACTERS].split(".")),
    )


def _answer(html: str) -> Response:
    """It is never kept: it is how things are now; and the same address gives a fragment or a page."""
    return HTMLResponse(html, headers={"cache-control": "no-store", "vary": "HX-Request"})
