"""Brings definition files in from directories and from this package; what they mean is told elsewhere."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from stat import S_ISREG

from communicator.errors import ConfigError
from communicator.protocol.definitions import Catalogue, Remark, SourceFile, read_catalogue

SUFFIX = ".conf"
_KEY = "definitions_path"
"""The setting that names directories of definitions."""


def load_catalogue(directories: Iterable[Path]) -> tuple[Catalogue, list[Remark]]:
    """Read all definitions: those of directories, the first ones first, then the suite's own.

    Args:
        directories: Where more of them are; one that is not there has none.

    Returns:
        The definitions, and what there is to say about the files. What an error is said of was not taken: the daemons go on
        with the rest.

    Raises:
        ConfigError: A directory cannot be read.
    """
    files = [file for directory in directories for file in read_directory(directory, _KEY)]
    return read_catalogue([*files, *packaged_files()])


def packaged_files() -> list[SourceFile]:
    """The suite's own definition files, in the order of their names."""
    found = [entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(SUFFIX)]
    return [
        SourceFile(f"communicator/definitions/{entry.name}", entry.name.removesuffix(SUFFIX), entry.read_bytes())
        for entry in sorted(found, key=lambda entry: entry.name)
    ]


def read_directory(directory: Path, key: str) -> list[SourceFile]:
    """The definition files of a directory, in the order of their names; none when it is not there.

    Args:
        directory: Where they are.
        key: The setting that names it, for the error.

    Raises:
        ConfigError: The directory cannot be read.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(key, f"{str(directory)!r} cannot be read: {error.strerror}") from error
    return [read_file(path) for path in paths]


def read_file(path: Path) -> SourceFile:
    """One definition file; where it cannot be read it says why, so that the others count.

    Args:
        path: Where it is.
    """
    try:
        if not S_ISREG(path.stat().st_mode):  # what is opened otherwise may be a pipe that nobody writes to
            return SourceFile(str(path), path.stem, b"", "it is no file")
        return SourceFile(str(path), path.stem, path.read_bytes())
    except OSError as error:
        return SourceFile(str(path), path.stem, b"", str(error.strerror))
