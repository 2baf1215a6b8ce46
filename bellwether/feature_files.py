"""SHELL: walks through directories of code for what names a feature flag, within bounds; what follows is told elsewhere."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from bellwether.failure import CommandError
from bellwether.feature_code import Reference, other_references, python_references
from bellwether.feature_scan import Scan, Skipped, put_together
from communicator.wording.counts import count

FILE_BYTES = 2 * 1024 * 1024
"""What is larger was written by a program."""
FILES = 200_000
"""Of code, at most: beyond it somebody has named the wrong directory."""
PYTHON = frozenset({".py", ".pyi", ".pyw"})
OTHERS = frozenset(  # by family: shells, C, JVM, JavaScript, .NET, functional, scripts, the rest
    (
        *(".bash", ".ps1", ".sh", ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".m", ".mm"),
        *(".clj", ".cljs", ".groovy", ".java", ".kt", ".kts", ".scala"),
        *(".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".svelte", ".ts", ".tsx", ".vue", ".cs", ".fs", ".vb"),
        *(".erl", ".ex", ".exs", ".lua", ".php", ".pl", ".pm", ".r", ".rb", ".dart", ".go", ".rs", ".swift", ".zig"),
    )
)
"""How the files of other languages end; a file without such an ending is code if its first line names a program to run it."""
_NOT_OURS = frozenset({"__pycache__", "node_modules"})
"""Directories of what others have written, besides hidden ones and Python environments."""
_ENVIRONMENT = "pyvenv.cfg"
_FIRST_LINE_BYTES = 128
"""How far a first line is read that says what runs the file."""
_USAGE = 2


def scan(directories: Iterable[Path], names: Collection[str]) -> Scan:
    """Look through directories for what names a flag.

    Args:
        directories: To be looked through, with all below them; a single file will do as well. Links are not followed.
        names: The flags that are defined.

    Raises:
        CommandError: One is not there, or holds too many files.
    """
    references: dict[str, list[Reference]] = {}
    skipped: list[Skipped] = []
    for directory in directories:
        if not directory.exists():
            raise CommandError(f"there is no {str(directory)!r}", _USAGE)
        for file in _files(directory, skipped):
            if str(file) not in references:
                _look(file, names, references, skipped)
            if len(references) > FILES:
                text = f"{str(directory)!r} holds more than {count(FILES, 'file')} of code: name those that are yours"
                raise CommandError(text, _USAGE)
    return put_together(names, references, skipped)


def _files(place: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """The files there, by name; what cannot be looked into is noted."""

    def note(error: OSError) -> None:
        skipped.append(Skipped(str(error.filename), error.strerror or "cannot be read"))

    if not place.is_dir():
        yield place
        return
    for folder, directories, files in os.walk(place, onerror=note):  # it follows no links, so that it ends
        directories[:] = sorted(
            name
            for name in directories
            if not name.startswith(".") and name not in _NOT_OURS and not Path(folder, name, _ENVIRONMENT).exists()
        )
        yield from (Path(folder, name) for name in sorted(files))


def _look(file: Path, names: Collection[str], references: dict[str, list[Reference]], skipped: list[Skipped]) -> None:
    try:
        content = _content(file)
        if content is None:
            return
        references[str(file)] = _references(file, content, names, skipped)
    except OSError as error:
        skipped.append(Skipped(str(file), error.strerror or "cannot be read"))
    except ValueError as error:
        skipped.append(Skipped(str(file), str(error)))


def _content(file: Path) -> bytes | None:
    """What a file holds, if it is code; None: it is none.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not taken for code that somebody has written.
    """
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):  # a link leads to what is looked at elsewhere, and a pipe is waited for
        return None
    has_ending = file.suffix.lower() in PYTHON | OTHERS
    if not has_ending and (file.suffix or not status.st_mode & stat.S_IXUSR):
        return None
    with file.open("rb") as stream:
        content = stream.read(FILE_BYTES + 1)
    if not has_ending and not content.startswith(b"#!"):
        return None
    if b"\0" in content:
        raise ValueError("not looked at: it is no text")
    if len(content) > FILE_BYTES:
        raise ValueError(f"not looked at: it is larger than {FILE_BYTES // 1024 // 1024} MiB")
    return content


def _references(file: Path, content: bytes, names: Collection[str], skipped: list[Skipped]) -> list[Reference]:
    """What a file of code names.

    Raises:
        ValueError: It is in an encoding that we do not know.
    """
    if file.suffix.lower() in PYTHON or b"python" in content[:_FIRST_LINE_BYTES].partition(b"\n")[0]:
        try:
            return python_references(content, names)
        except ValueError as error:
            skipped.append(Skipped(str(file), f"looked at by pattern: {error}"))
    try:
        return other_references(content.decode(), names)
    except UnicodeDecodeError as error:
        raise ValueError(f"not looked at: it is no UTF-8 at byte {error.start}") from None
