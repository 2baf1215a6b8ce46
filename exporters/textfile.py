"""SHELL: writes pages of metrics into a file for node_exporter's textfile collector; it does not know what they say."""

import asyncio
import os
import time
from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Protocol

from prometheus_client.metrics_core import Metric
from structlog.typing import FilteringBoundLogger

from communicator.errors import ConfigError
from communicator.runtime.own_file import replace_file
from exporters.exposition import encode_page

FILE_NAME = "bellwether.prom"
_DRAFT_NAME = f".{FILE_NAME}.new"
"""The collector reads what ends in ``.prom``."""
_MODE = 0o644
"""node_exporter is another user."""


class Scrape(Protocol):
    """Gives the families of one scrape."""

    def __call__(self, *, written_wall_s: float) -> Awaitable[Iterable[Metric]]:
        """Look at everything; `written_wall_s` is told on the page, in seconds since the epoch."""


class TextFile:
    """The file in its directory; whoever reads it meanwhile sees a whole page.

    Args:
        directory: Where.

    Raises:
        ConfigError: Nothing can be written there.
    """

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise ConfigError("textfile.directory", f"{str(directory)!r} is not there, or is no directory")
        if not os.access(directory, os.W_OK | os.X_OK, effective_ids=True):
            raise ConfigError("textfile.directory", f"this user may not write to {str(directory)!r}")
        self.path = directory / FILE_NAME
        self._draft = directory / _DRAFT_NAME

    def write(self, page: bytes) -> None:
        """Put a page in the place of the last one.

        Raises:
            OSError: It cannot be written; the last one stays.
        """
        replace_file(self.path, page, draft=self._draft, mode=_MODE, is_lasting=False)

    def remove(self) -> None:
        """Leave no page that would be read for ever as if it were of now."""
        self.path.unlink(missing_ok=True)


async def keep_writing(scrape: Scrape, file: TextFile, interval_s: float, log: FilteringBoundLogger) -> None:
    """Write a page at once and then every so often, until cancelled; a page that cannot be written is told once.

    Args:
        scrape: Gives the families.
        file: Where they go.
        interval_s: From one start to the next, in seconds.
        log: Where trouble is told.
    """
    loop = asyncio.get_running_loop()
    is_told = False
    due_s = loop.time()
    while True:
        page = await asyncio.to_thread(encode_page, await scrape(written_wall_s=time.time()))
        try:
            await asyncio.to_thread(file.write, page.body)
        except OSError as error:
            if not is_told:
                log.warning("textfile_not_written", path=str(file.path), reason=error.strerror or str(error))
            is_told = True
        else:
            if is_told:
                log.info("textfile_written_again", path=str(file.path))
            is_told = False
        due_s = max(due_s + interval_s, loop.time())
        await asyncio.sleep(due_s - loop.time())
