"""SHELL: keeps the files of Prometheus' file_sd_configs up to date; it does not know how it is found out what there is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from communicator.errors import BellwetherError, ConfigError
from communicator.runtime.kept_file import fault_of, reason_of, write_file
from exporters.discovery.jobs import encode_groups, target_groups
from exporters.discovery.routes import Find

_READABLE = 0o644
"""Prometheus runs as another user."""


class FileWriter:
    """Writes what there is to scrape into one file for each service, when it has changed.

    Args:
        files: Service to file.
        find: Gives all there is.
        log: Where it is told when a file cannot be written, or when it is not known what there is.
    """

    def __init__(self, files: Mapping[str, str], find: Find, log: FilteringBoundLogger) -> None:
        self._files = {service: Path(file) for service, file in files.items()}
        self._find = find
        self._log = log
        self._reasons: dict[str, str] = {}

    async def keep_writing(self, interval_s: float, wait_ready: Callable[[], Awaitable[None]]) -> None:
        """Bring the files up to date every so often, until cancelled.

        Args:
            interval_s: How often, in seconds.
            wait_ready: Waits for the first link to the router: before it nothing can be known.
        """
        if not self._files:
            return
        await wait_ready()
        while True:
            await self.write()
            await asyncio.sleep(interval_s)

    async def write(self) -> None:
        """Bring the files up to date; when it is not known what there is, they stay as they are."""
        try:
            places = await self._find()
        except BellwetherError as error:
            self._note("", str(error))
            return
        self._note("", "")
        for service, path in self._files.items():
            await self._write_one(service, path, encode_groups(target_groups(places, service)))

    async def _write_one(self, service: str, path: Path, content: bytes) -> None:
        try:
            await asyncio.to_thread(_write_when_changed, path, content)
        except OSError as error:
            self._note(service, reason_of(error))
        else:
            self._note(service, "")

    def _note(self, service: str, reason: str) -> None:
        """Log a change, not each attempt."""
        before, self._reasons[service] = self._reasons.get(service, ""), reason
        if reason and reason != before:
            about = {"service": service, "path": str(self._files[service])} if service else {}
            self._log.warning("discovery_not_written", reason=reason, **about)
        elif before and not reason:
            self._log.info("discovery_written", **({"service": service} if service else {}))


def check_files(files: Mapping[str, str]) -> None:
    """See whether the files can be written.

    Raises:
        ConfigError: One cannot; names the key.
    """
    for service, file in files.items():
        directory = Path(file).parent
        fault = fault_of(directory) if directory.is_dir() else "is not there"
        if fault:
            raise ConfigError(f"discovery.files.{service}", f"directory {str(directory)!r} {fault}")


def _write_when_changed(path: Path, content: bytes) -> None:
    """Prometheus reads a file anew whenever it is written: one that says the same is left alone."""
    try:
        is_same = path.read_bytes() == content
    except OSError:
        is_same = False
    if not is_same:
        write_file(path, content.decode(), _READABLE)
