"""SHELL: a scraper as the settings want it; whether its pages are served, written or printed is not its matter."""

from pathlib import Path

from structlog.typing import FilteringBoundLogger

from communicator.client import Service
from exporters.collectors.targets import select_targets
from exporters.scraper import Scraper
from exporters.settings import ExporterSettings
from exporters.sources import Places, make_sources


def make_scraper(service: Service, settings: ExporterSettings, log: FilteringBoundLogger) -> Scraper:
    """A scraper.

    Args:
        service: The link to the router.
        settings: What to look at.
        log: Where a target that comes or goes is told.
    """
    flags_path = Path(settings.flags_path)
    places = Places(settings.communicator, flags_path, (settings.data_path, settings.flags_path))
    targets = select_targets(cluster=settings.cluster, names=settings.collectors.names)
    return Scraper(targets, make_sources(service, places, cluster=settings.cluster), log)
