"""SHELL: the listeners of the exporter, each with what it answers, under the same rules of access; it knows no route."""

import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from structlog.typing import FilteringBoundLogger

from communicator.protocol.addresses import HostPort
from exporters.settings import ExporterSettings
from exporters.web.application import application
from exporters.web.guard import READ_ONLY, Form
from exporters.web.reception import Listening, Reception
from exporters.web.server import Serving, bind, serving


class Doors:
    """Listens from the start on, and answers once it serves.

    Args:
        settings: Where, and who may ask.
        log: Where wrong credentials are told.
        server_name: The name of this server in the cluster, once that is known.

    Raises:
        ListenError: An address cannot be had.
    """

    def __init__(self, settings: ExporterSettings, log: FilteringBoundLogger, server_name: Callable[[], str]) -> None:
        self._settings = settings
        self._reception = Reception(log, server_name)
        self._listeners = {key: bind(key, address) for key, address in settings.listen_addresses.items()}
        self._applications: list[tuple[ASGIApp, socket.socket]] = []
        self._servers: list[Serving] = []

    @property
    def places(self) -> Mapping[str, HostPort]:
        """Where is really listened, by the setting that says so."""
        return {key: HostPort(*listener.getsockname()[:2]) for key, listener in self._listeners.items()}

    def put(self, key: str, routes: Iterable[BaseRoute], form: Form = READ_ONLY) -> None:
        """Say what is answered at a listener.

        Args:
            key: The setting that says where it listens.
            routes: All there is.
            form: What it takes for a question.
        """
        where = Listening(key, self.places[key], self._settings.listen_addresses[key].host)
        guarded = application(routes, self._reception.guard(where, form))
        self._applications.append((guarded, self._listeners[key]))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer for as long as the context lasts.

        Raises:
            ConfigError: The settings would let anybody in, or a file is not what it should be.
        """
        tls, sources = self._reception.apply(self._settings), self._reception.sources
        async with AsyncExitStack() as stack:
            for guarded, listener in self._applications:
                served = serving(guarded, listener, self._settings.limits, tls, sources)
                self._servers.append(await stack.enter_async_context(served))
            yield
            self._reception.close()

    def renew(self, settings: ExporterSettings) -> None:
        """Go by new settings where that is possible while it serves.

        Raises:
            ConfigError: As above; nothing has changed then.
        """
        tls = self._reception.apply(settings)
        for server in self._servers:
            server.renew(tls)

    @property
    def refused(self) -> dict[str, int]:
        """How many requests and connections were refused, by reason."""
        return {**self._reception.refused, "connections": sum(server.door.kept_out for server in self._servers)}
