"""SHELL: ``bellwether-exporter --check``: prints one page, and tells by its exit code whether all is there; it serves nobody."""

import asyncio
import os
import sys

from structlog.typing import FilteringBoundLogger

from communicator.client import Service
from communicator.protocol.names import tool_name
from exporters.asking import await_link
from exporters.collecting import make_scraper
from exporters.exposition import encode_page
from exporters.settings import ExporterSettings

_EX_DOWN = 1


async def check_once(settings: ExporterSettings, log: FilteringBoundLogger) -> int:
    """Print the page that a scrape would give now; what is down, and why, is logged to standard error.

    The exporter of this host may run meanwhile: this one passes under the name of a tool.

    Args:
        settings: What to look at.
        log: Where a target that is down is told.

    Returns:
        The exit code: 0 when every target is up, else 1.
    """
    service = Service(settings.communicator, tool_name(os.getpid()))
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await await_link(service)
        exit_code = await _print_page(service, settings, log)
        service.stop()
    return exit_code


async def _print_page(service: Service, settings: ExporterSettings, log: FilteringBoundLogger) -> int:
    scraper = make_scraper(service, settings, log)
    page = encode_page(await scraper.scrape())
    sys.stdout.write(page.body.decode())
    return _EX_DOWN if any(scraper.reasons.values()) else os.EX_OK
