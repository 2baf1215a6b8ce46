"""SHELL: the web application: routes that others bring, behind one guard; it knows no page by itself."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from exporters.web.guard import Guard


def application(routes: Iterable[BaseRoute], guard: Guard) -> ASGIApp:
    """The web application.

    Args:
        routes: All there is; `metrics_routes` and its like make them.
        guard: Sees each request first, and each answer last.
    """
    return guard.around(Starlette(routes=list(routes)))
