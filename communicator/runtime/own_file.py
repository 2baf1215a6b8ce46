"""Files in a directory where others may write: a new one, a plain one to read, a lock of ours, and links that are not followed."""

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


def open_new(path: Path, mode: int = _MODE) -> int:
    """Open a file that is made here and now, for writing; what stood under its name, such as a link of somebody's, is taken away.

    Args:
        path: Where.
        mode: Who may read it, as far as the umask lets them.

    Returns:
        Its descriptor.

    Raises:
        OSError: It cannot be made; FileExistsError where somebody was quicker.
    """
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)


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
