"""Reads what earlier lives of the router have kept; what cannot be read is as good as never kept, and it judges no content."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from communicator.router.cores.learning import CONTENT_BYTES, SERVICES_MAX
from communicator.router.vocabulary.effects import KeptCommands, KeptFile, KeptPath
from communicator.runtime.kept_file import FILE_BYTES, read_file, reason_of

Kept = Mapping[KeptPath, str]
"""What was read of each file at the start."""

_READ_AT_START = (KeptFile.NEIGHBORS, KeptFile.POLICY)


def recollect(directory: Path, services: Iterable[str], ignored: Callable[[Path, str], None]) -> Kept:
    """Read the files of a directory that the router wants to have back.

    Args:
        directory: ``data_path``.
        services: Those with a ``.service`` file: what others have said before is of no use.
        ignored: Called with a file that cannot be read, and why.
    """
    kept: dict[KeptPath, str] = {}
    for file, bytes_max in _wanted(services):
        path = directory / file
        try:
            kept[file] = read_file(path, bytes_max)
        except (OSError, ValueError) as error:
            ignored(path, reason_of(error))
    return kept


def _wanted(services: Iterable[str]) -> Iterator[tuple[KeptPath, int]]:
    for file in _READ_AT_START:
        yield file, FILE_BYTES
    for service in islice(sorted(services), SERVICES_MAX):
        yield KeptCommands(service), CONTENT_BYTES


def learnt_of(kept: Kept) -> dict[str, str]:
    """By service: what its file held; nothing for an empty one."""
    return {file.service: content for file, content in kept.items() if isinstance(file, KeptCommands) and content}
