"""SHELL: reads the files of flags of this host, and keeps what they said last; what follows from it is told elsewhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from canary.feature.files import Found, Written, merged
from communicator.features.document import Document, read_flags
from communicator.runtime.kept_file import read_file, reason_of, write_file

FILE_BYTES = 16 * 1024 * 1024
"""What is read of a file at most: all flags that a cluster may have."""
FILES = 1_000
MEMORY = "features.json"
MEMORY_BYTES = 32 * 1024 * 1024
"""What is read of what was kept: 10,000 names with their paths."""


class _Names(msgspec.Struct):
    flags: dict[str, msgspec.Raw] = {}


def read_directory(directory: Path) -> Found:
    """All flags that the files define. Blocks, for a second or two where they are thousands.

    Args:
        directory: With files ``*.json``; one that is not there has none, and what it said last still counts.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".json")[:FILES]
    except FileNotFoundError:
        return Found(unread=(str(directory),))
    except OSError as error:
        return Found(unread=(str(directory),), faults=(f"{directory}: {reason_of(error)}",))
    read: list[tuple[str, Mapping[str, bytes]]] = []
    faults: list[str] = []
    broken: set[str] = set()
    unread: list[str] = []
    for path in paths:
        try:
            text = read_file(path, FILE_BYTES)
            document = read_flags(text)
        except (OSError, ValueError, RecursionError) as error:
            unread.append(str(path))
            faults.append(f"{path}: {reason_of(error)}")
        else:
            read.append((str(path), document.flags))
            faults += (f"{path}: {fault}" for fault in document.faults)
            broken |= set(_broken(text, document))
    flags, doubles = merged(read)
    return Found(flags, broken - flags.keys(), unread, (*faults, *doubles))


def _broken(text: str, document: Document) -> Iterator[str]:
    """The flags that a file speaks of, and that are not sound."""
    names = msgspec.json.decode(text, type=_Names).flags
    return (name for name in names if name not in document.flags)


def read_memory(directory: Path) -> dict[str, Written]:
    """What the files said last; nothing where nothing was kept.

    Args:
        directory: Where it is kept.

    Raises:
        ValueError: What is kept is damaged, or cannot be read; the text says why.
    """
    try:
        text = read_file(directory / MEMORY, MEMORY_BYTES)
        return msgspec.json.decode(text, type=dict[str, Written]) if text else {}
    except OSError as error:
        raise ValueError(reason_of(error)) from None


def write_memory(directory: Path, memory: Mapping[str, Written]) -> None:
    """Keep what the files say.

    Raises:
        OSError: It cannot be kept.
    """
    write_file(directory / MEMORY, msgspec.json.encode(memory).decode())
