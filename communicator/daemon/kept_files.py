"""Keeps what the router asks to keep, whole or not at all, in a thread of its own, and reads it at the start; it judges nothing."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

from communicator.router.cores.learning import CONTENT_BYTES, SERVICES_MAX
from communicator.router.vocabulary.effects import Keep, KeptCommands, KeptFile, KeptPath
from communicator.runtime.kept_file import FILE_BYTES, prepare_directory, read_file, reason_of, write_file
from communicator.wishes import Wishes

FLUSH_S = 5.0
"""How long the end of the router waits for a disk."""

Failed = Callable[[Path, str], None]
Kept = Mapping[KeptPath, str]
"""What was read of each file at the start."""


class KeptFiles(Wishes[KeptPath, str, None]):
    """Files below one directory.

    Args:
        directory: Where they are; made when the first is written and it is not there.
        failed: Called in the loop with a file that could not be written, and why; of one content once for each reason.
        succeeded: Called in the loop with a file that was.
    """

    def __init__(self, directory: Path, failed: Failed, succeeded: Callable[[Path], None] = lambda _: None) -> None:
        self._directory = directory
        self._failed = failed
        self._succeeded = succeeded
        super().__init__("kept-files")
        self._told: dict[KeptPath, tuple[str, str]] = {}
        """Of which content it was told why it could not be written."""

    def keep(self, effect: Keep) -> None:
        """Write a file after those that wait already; of several contents of one file the newest wins."""
        self._told.pop(effect.file, None)
        self._wish(effect.file, effect.content)

    async def close(self) -> None:
        """Write what waits, as far as the disk does it in time."""
        for file in await self._flush(FLUSH_S):
            self._failed(self._directory / file, f"not written within {FLUSH_S:g} s")

    def _do(self, key: KeptPath, value: str) -> None:
        prepare_directory(self._directory)
        write_file(self._directory / key, value)

    def _done(self, key: KeptPath, value: str, outcome: Future[None]) -> None:
        error = outcome.exception()
        if error is None:
            self._told.pop(key, None)
            self._succeeded(self._directory / key)
            return
        self._try_later(key, value)
        reason = reason_of(error)
        if self._told.get(key) != (value, reason):
            self._told[key] = (value, reason)
            self._failed(self._directory / key, reason)


def recollect(directory: Path, services: Iterable[str], ignored: Failed) -> Kept:
    """Read the files that the router wants to have back; what cannot be read is as good as never kept.

    Args:
        directory: ``data_path``.
        services: Those with a ``.service`` file: what others have said before is of no use.
        ignored: Called with a file that cannot be read, and why.
    """
    wanted: dict[KeptPath, int] = {KeptFile.NEIGHBORS: FILE_BYTES, KeptFile.POLICY: FILE_BYTES}
    wanted |= {KeptCommands(service): CONTENT_BYTES for service in islice(sorted(services), SERVICES_MAX)}
    kept: dict[KeptPath, str] = {}
    for file, bytes_max in wanted.items():
        path = directory / file
        try:
            kept[file] = read_file(path, bytes_max)
        except (OSError, ValueError) as error:
            ignored(path, reason_of(error))
    return kept


def learnt_of(kept: Kept) -> dict[str, str]:
    """By service: what its file held; nothing for an empty one."""
    return {file.service: content for file, content in kept.items() if isinstance(file, KeptCommands) and content}
