"""SHELL: the copy of the flags that a service keeps on disk, for when it starts and nobody answers."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from communicator.runtime.kept_file import read_file, write_file

COPY_BYTES = 64 * 1024 * 1024
"""What is read and written at most: 10,000 flags take about 5 MiB."""


class FlagsCopy(msgspec.Struct, frozen=True):
    """All flags as they were at some moment."""

    generation: str = ""
    """As the canary names that moment."""
    flags: dict[str, msgspec.Raw] = {}


def read_copy(path: Path) -> tuple[str, dict[str, bytes]]:
    """The generation and the flags that were kept; empty when none were.

    Raises:
        OSError: The file cannot be read.
        ValueError: It says something else, or too much.
    """
    text = read_file(path, COPY_BYTES)
    copy = msgspec.json.decode(text, type=FlagsCopy) if text else FlagsCopy()
    return copy.generation, {name: bytes(flag) for name, flag in copy.flags.items()}


def write_copy(path: Path, generation: str, flags: Mapping[str, bytes]) -> None:
    """Keep flags, so that whoever reads the file sees all of the old or all of the new ones; it waits for the disk.

    Raises:
        OSError: They cannot be written; the old ones are still there.
        ValueError: They are more than is read again.
    """
    text = msgspec.json.encode(FlagsCopy(generation, {name: msgspec.Raw(flag) for name, flag in flags.items()}))
    if len(text) > COPY_BYTES:
        raise ValueError(f"{len(text)} bytes are more than {COPY_BYTES}")
    write_file(path, text.decode())
