"""Keeps what the router asks to keep, whole or not at all, in one thread of its own; it does not know what the files say."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from communicator.router.effects import Keep, KeptPath

FILE_BYTES = 1024 * 1024
"""What is read of a file at most: 1,000 hosts make 22 KiB of neighbors.txt."""
FLUSH_S = 5.0
"""How long the end of the router waits for a disk."""
RETRY_S = 60.0
"""What could not be written is tried again: the disk may have been full, and the router asks only for what has changed."""
_DIRECTORY_MODE = 0o750
_FILE_MODE = 0o640

Failed = Callable[[Path, str], None]


class KeptFiles:
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
        self._waiting: dict[KeptPath, str] = {}
        self._lost: dict[KeptPath, tuple[str, str]] = {}
        """What could not be written, and why."""
        self._retry: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kept-files")
        self._idle = asyncio.Event()
        self._idle.set()

    def keep(self, effect: Keep) -> None:
        """Write a file after those that wait already; of several contents of one file the newest wins."""
        self._lost.pop(effect.file, None)
        self._waiting[effect.file] = effect.content
        self._begin()

    async def close(self) -> None:
        """Write what waits, as far as the disk does it in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._idle.wait()
        if self._retry is not None:
            self._retry.cancel()
        for file in self._waiting:
            self._failed(self._directory / file, f"not written within {FLUSH_S:g} s")
        self._waiting.clear()
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        if self._idle.is_set():
            self._idle.clear()
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._idle.set()
            return
        file = next(iter(self._waiting))
        content = self._waiting.pop(file)
        loop = asyncio.get_running_loop()

        def written(job: Future[None]) -> None:
            with suppress(RuntimeError):  # the loop is closed: the router has ended without this one
                loop.call_soon_threadsafe(self._written, file, content, job)

        self._thread.submit(self._write, self._directory / file, content).add_done_callback(written)

    def _write(self, path: Path, content: str) -> None:
        prepare_directory(self._directory)
        write_file(path, content)

    def _written(self, file: KeptPath, content: str, job: Future[None]) -> None:
        error = job.exception()
        if error is None:
            self._lost.pop(file, None)
            self._succeeded(self._directory / file)
        else:
            self._lose(file, content, reason_of(error))
        self._next()

    def _lose(self, file: KeptPath, content: str, reason: str) -> None:
        if self._lost.get(file) != (content, reason):
            self._lost[file] = (content, reason)
            self._failed(self._directory / file, reason)
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        for file, (content, _) in self._lost.items():
            self._waiting.setdefault(file, content)
        self._begin()


def write_file(path: Path, content: str) -> None:
    """Write a file so that whoever reads it, also after a crash, sees all of the old or all of the new content.

    Raises:
        OSError: It could not be written; the old one is still there.
    """
    prepare_directory(path.parent)
    draft = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(draft, flags, _FILE_MODE), "wb") as file:  # noqa: PTH123 - a descriptor has no path
            os.fchmod(file.fileno(), _FILE_MODE)  # whatever the umask says
            file.write(content.encode(errors="surrogateescape"))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_file(path: Path, bytes_max: int = FILE_BYTES) -> str:
    """What was kept; empty when nothing was.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger than `bytes_max`, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except FileNotFoundError:
        return ""
    if len(content) > bytes_max:
        raise ValueError(f"larger than {bytes_max} bytes")
    return content.decode()


def prepare_directory(directory: Path) -> None:
    """Make the directory when it is not there and the one above is.

    Raises:
        OSError: It cannot be made.
    """
    with suppress(FileExistsError):
        directory.mkdir(_DIRECTORY_MODE)


def fault_of(directory: Path) -> str:
    """Why nothing could be kept in a directory; empty when it could. Nothing is changed by asking."""
    if directory.is_dir():
        return "" if _may_write(directory) else "is not writable for the router's user"
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
