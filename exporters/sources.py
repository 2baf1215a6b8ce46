"""SHELL: how each target is looked at: which daemon is asked, what is read here; it does not know what becomes of that."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from communicator.answers.releases import CanaryReport, join_pages
from communicator.client import Service
from communicator.errors import BellwetherError
from exporters.asking import DEADLINE_S, ask, ask_for_instances
from exporters.collectors.canary import CANARY_ANSWER
from exporters.collectors.deployments import DEPLOYMENTS_ANSWER, DEPLOYMENTS_VIEW
from exporters.collectors.features import FEATURES_ANSWER
from exporters.collectors.host import HostReport
from exporters.collectors.metric import Answer
from exporters.collectors.router import ROUTER_ANSWER
from exporters.collectors.shadows import SHADOWS_ANSWER, SHADOWS_VIEW
from exporters.collectors.timekeeper import CLOCKS_ANSWER
from exporters.feature_pages import gather_features
from exporters.flag_reading import read_flags
from exporters.host_reading import read_host
from exporters.reading import Reader
from exporters.suite_processes import SuiteProcesses

R = TypeVar("R")

CANARY_PAGES = 4
"""Pages of the canary's report that are asked for: 4,096 versions on servers, more than one metric may show."""
INSTANCES_S = DEADLINE_S / 4
"""How long the router may take to name the processes: a host is looked at without its router, too."""

Gather: TypeAlias = Callable[[], Awaitable[object]]
"""Gives the report of a target; raises a `BellwetherError` when there is none."""


class Places(NamedTuple):
    """Where things are on this host."""

    communicator: str
    """Where the router listens."""
    flags_path: Path
    disks: tuple[str, ...]
    """Directories whose disks matter."""


def make_sources(service: Service, places: Places, *, cluster: bool) -> Mapping[str, Gather]:
    """How each target is looked at, by the name of its collector.

    Args:
        service: The link to the router.
        places: Where things are.
        cluster: Whether what the canary knows of other servers is wanted, too.
    """
    flags = Reader("the flags", lambda: read_flags(places.flags_path))
    return {
        "router": lambda: _asked(service, ROUTER_ANSWER),
        "timekeeper": lambda: _asked(service, CLOCKS_ANSWER),
        "canary": lambda: _canary(service, cluster=cluster),
        "deployments": lambda: _asked(service, DEPLOYMENTS_ANSWER, DEPLOYMENTS_VIEW),
        "shadows": lambda: _asked(service, SHADOWS_ANSWER, SHADOWS_VIEW),
        "features": lambda: gather_features(lambda about: _asked(service, FEATURES_ANSWER, about)),
        "flags": flags.read,
        "host": _Host(service, places).look,
    }


async def _asked(service: Service, answer: Answer[R], about: Mapping[str, str] | None = None) -> R:
    return answer.read(await ask(service, answer.question, about))


async def _canary(service: Service, *, cluster: bool) -> CanaryReport:
    """All pages of its report; where other servers are not shown only its own versions are asked for."""
    about = {} if cluster or not service.server_name else {"server": service.server_name}
    pages: list[CanaryReport] = []
    told = 0
    while len(pages) < CANARY_PAGES:
        page = CANARY_ANSWER.read(await ask(service, CANARY_ANSWER.question, {**about, "offset": str(told)}))
        pages.append(page)
        told += len(page.cells)
        if not page.cells or told >= page.total:
            break
    return join_pages(pages)


class _Host:
    """This host, and the processes that its router has named."""

    def __init__(self, service: Service, places: Places) -> None:
        self._service = service
        self._processes = SuiteProcesses(places.communicator)
        self._disks = places.disks
        self._reader = Reader("the host", self._read)

    async def look(self) -> HostReport:
        with suppress(BellwetherError, TimeoutError):  # those that were known before are looked at
            async with asyncio.timeout(INSTANCES_S):
                self._processes.learn(await ask_for_instances(self._service, INSTANCES_S, local=True))
        return await self._reader.read()

    def _read(self) -> HostReport:
        self._processes.learn_router()
        return read_host(self._disks, self._processes.known())
