"""One file that a daemon keeps from one life to the next, written whole or not at all; it does not know what the file says."""

import os
from contextlib import suppress
from pathlib import Path

from communicator.runtime.own_file import read_plain, refuse_foreign_link, replace_file, sync_directory

FILE_BYTES = 1024 * 1024
"""What is read of a file at most: 1,000 hosts make 22 KiB of neighbors.txt."""
_DIRECTORY_MODE = 0o750
_FILE_MODE = 0o640


def write_file(path: Path, content: str, mode: int = _FILE_MODE, owner: tuple[int, int] | None = None) -> None:
    """Write a file so that whoever reads it, also after a crash, sees all of the old or all of the new content.

    Args:
        path: The file; its directory is made when it is not there.
        content: What it is to say.
        mode: Who may read it, whatever the umask says.
        owner: The user and the group whose it is to be, by number; None: those of this process.

    Raises:
        OSError: It could not be written; the old one is still there.
    """
    prepare_directory(path.parent)
    encoded = content.encode(errors="surrogateescape")
    replace_file(path, encoded, draft=path.with_name(f".{path.name}.new"), mode=mode, owner=owner)
    sync_directory(path.parent)


def read_file(path: Path, bytes_max: int = FILE_BYTES) -> str:
    """What was kept; empty when nothing was.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger than `bytes_max`, or not UTF-8.
    """
    try:
        return read_plain(path, bytes_max)[0].decode()
    except FileNotFoundError:
        return ""


def prepare_directory(directory: Path) -> None:
    """Make the directory when it is not there and the one above is.

    Raises:
        OSError: It cannot be made, or a link of another user is there.
    """
    with suppress(FileExistsError):
        directory.mkdir(_DIRECTORY_MODE)
    refuse_foreign_link(directory)


def fault_of(directory: Path) -> str:
    """Why nothing could be kept in a directory; empty when it could. Nothing is changed by asking."""
    if directory.is_dir():
        return "" if _may_write(directory) else "is not writable for this user"
    if os.path.lexists(directory):
        return "is not a directory"
    if not directory.parent.is_dir():
        return "is not there, nor is the directory above it"
    return "" if _may_write(directory.parent) else "is not there, and the directory above it is not writable for us"


def reason_of(error: BaseException) -> str:
    """What went wrong, in the words of the system where it has some."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _may_write(directory: Path) -> bool:
    return os.access(directory, os.W_OK | os.X_OK, effective_ids=True)
