"""SHELL: reads definitions of feature flags from files; what makes one sound is told elsewhere, and no router is asked."""

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bellwether.failure import CommandError
from canary.feature.directory import FILE_BYTES
from communicator.features.document import read_flags, require_flag

WRONG = 78
"""The exit code where a definition is wrong (EX_CONFIG of sysexits.h)."""
STANDARD_INPUT = "-"


class Checked(msgspec.Struct, frozen=True):
    """What is to be said of one file of flags."""

    file: str
    flags: int = 0
    """How many are sound."""
    faults: tuple[str, ...] = ()


class Checks(msgspec.Struct, frozen=True):
    """What is to be said of several files, and the flags that they define."""

    files: tuple[Checked, ...]
    names: frozenset[str]
    """Of flags that are defined, be it soundly or not."""

    @property
    def faults(self) -> list[str]:
        """All of them, each with its file."""
        return [f"{one.file}: {fault}" for one in self.files for fault in one.faults]


def check_files(files: Iterable[Path]) -> Checks:
    """Read files of flags, in flagd's form, as a canary reads ``features.d``; a flag that two of them define is a fault."""
    told: list[Checked] = []
    first: dict[str, str] = {}
    for file in files:
        try:
            document = read_flags(_read(file))
        except ValueError as error:
            told.append(Checked(str(file), 0, (str(error),)))
            continue
        twice = [
            f"flag {name!r} is defined in {first[name]!r} too: keep one" for name in document.flags if name in first
        ]
        first.update({name: str(file) for name in document.flags if name not in first})
        told.append(Checked(str(file), len(document.flags), (*document.faults, *twice)))
    return Checks(tuple(told), frozenset(first))


def read_definition(name: str, source: str) -> bytes:
    """One definition: a flag object in flagd's form, a document that holds the flag, or what `feature show --json` prints.

    Args:
        name: Of the flag.
        source: A file, or ``-`` for what comes in.

    Raises:
        CommandError: It cannot be read, or is not sound.
    """
    try:
        text = sys.stdin.buffer.read(FILE_BYTES).decode() if source == STANDARD_INPUT else _read(Path(source))
        return _chosen(name, text)
    except ValueError as error:
        place = "what came in" if source == STANDARD_INPUT else repr(source)
        raise CommandError(f"{place}: {error}", WRONG) from None


def _chosen(name: str, text: str) -> bytes:
    """The definition in a text: alone, in a document, or as `bellwether feature show --json` prints it."""
    try:
        parts = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        parts = {}  # what is wrong is told by who reads a definition
    if "definition" in parts:
        return require_flag(name, bytes(parts["definition"]))
    if "flags" not in parts:
        return require_flag(name, text)
    document = read_flags(text)
    if name in document.flags:
        return document.flags[name]
    raise ValueError("; ".join(document.faults) or f"it defines {', '.join(document.flags)}, and no {name!r}")


def _read(file: Path) -> str:
    """The text of a file.

    Raises:
        ValueError: It cannot be read.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise ValueError(f"it is larger than {FILE_BYTES // 1024 // 1024} MiB: make several files of it")
        return content.decode()
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no UTF-8 at byte {error.start}") from None
