"""Files in a directory where others may write: one written whole, a plain one to read, a lock of ours, links not followed."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK_MODE = 0o600
_MODE = 0o666
"""As the umask has it."""
_LOOK_S = 0.02


def replace_file(
    path: Path,
    content: bytes,
    *,
    draft: Path,
    mode: int | None = None,
    owner: tuple[int, int] | None = None,
    is_lasting: bool = True,
) -> None:
    """Write a file so that whoever reads it sees all of the old or all of the new content.

    Args:
        path: The file.
        content: What it is to say.
        draft: Where that is written first, beside it; what stands there, such as a link of somebody's, is taken away.
        mode: Who may read it, whatever the umask says; None: as the umask has it.
        owner: The user and the group whose it is to be, by number; None: those of this process.
        is_lasting: Wait for the disk, so that the same holds after a crash of the machine; the directory is synced apart.

    Raises:
        OSError: It could not be written; the old one is still there. FileExistsError where somebody was quicker.
    """
    draft.unlink(missing_ok=True)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(draft, flags, _MODE if mode is None else mode), "wb") as file:  # noqa: PTH123 - it is made here and now
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            file.write(content)
            if is_lasting:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, path)  # noqa: PTH105 - as the calls above
    finally:
        draft.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Have the names in a directory on the disk too.

    Raises:
        OSError: It cannot be read, or the disk fails.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_plain(path: Path) -> int:
    """Open a file for reading, if it is one: at a pipe of somebody's one would wait for ever.

    Returns:
        Its descriptor.

    Raises:
        OSError: It cannot be opened, or is not a plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a plain file")


def read_plain(path: Path, bytes_max: int) -> tuple[bytes, os.stat_result]:
    """The content of a plain file, and its status.

    Raises:
        OSError: It cannot be opened, or is not a plain file.
        ValueError: It is larger.
    """
    with open(open_plain(path), "rb") as file:
        content, status = file.read(bytes_max + 1), os.fstat(file.fileno())
    if len(content) > bytes_max:
        raise ValueError(f"larger than {bytes_max} bytes")
    return content, status


def refuse_foreign_link(path: Path) -> None:
    """See that nobody else but root has put a link there, which would lead what is written to a place of their choice.

    Raises:
        PermissionError: Somebody has.
        FileNotFoundError: Nothing is there.
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "it is a link of another user: take it away")


@contextmanager
def locked_beside(path: Path, within_s: float = 0.0) -> Iterator[None]:
    """Hold a lock for what is done to a file; it is a file of its own, since others may lock what they may open.

    Args:
        path: The file that is changed; the lock is ``.NAME.lock`` in its directory, and gone afterwards.
        within_s: How long to wait for another process of this user that holds it, in seconds.

    Raises:
        BlockingIOError: It still does.
        PermissionError: The lock belongs to another user, or the directory does not let us.
        OSError: It cannot be made.
    """
    lock = path.with_name(f".{path.name}.lock")
    give_up_s = time.monotonic() + within_s
    while (descriptor := _try(lock)) is None:
        if time.monotonic() >= give_up_s:
            raise BlockingIOError(errno.EAGAIN, f"its lock {str(lock)!r} is held")
        time.sleep(_LOOK_S)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _try(lock: Path) -> int | None:
    """Take the lock and give its descriptor; None while another process has it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _LOCK_MODE)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, f"its lock {str(lock)!r} belongs to another user: take it away")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), lock.lstat()):  # else whoever held it has taken it away by now
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
