"""SHELL: the SQLite file of one ledger: opened so that what is committed is durable, and held for us alone; it knows no entry."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from canary.ledger.errors import LedgerError

_FILE_MODE = 0o600
_CACHE_KIB = 8192


class Database:
    """One file, held until it is released.

    Args:
        path: The file; it is made where need be.
        patience_s: How long it may keep us waiting for a lock, in seconds.

    Raises:
        LedgerError: The file cannot be had, or another process has it.
    """

    def __init__(self, path: Path, patience_s: float) -> None:
        self.name = str(path)
        self._path = path
        self._patience_s = patience_s
        with self.speaking():
            self._lock = _take_file(path, self.name)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Turn what goes wrong within into a `LedgerError` that names this file."""
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(self.name, str(error)) from None
        except OSError as error:
            if isinstance(error, LedgerError):
                raise
            raise LedgerError(self.name, error.strerror or str(error)) from None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the ledger as it is at its first query, whatever is written meanwhile."""
        with self.speaking():
            connection = self.connect()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.close()

    def connect(self) -> sqlite3.Connection:
        """A connection of its own. Its transactions are begun by hand, and any thread may use it, one at a time.

        Raises:
            sqlite3.Error: The file cannot be read, or is something else.
        """
        connection = sqlite3.connect(
            self._path, timeout=self._patience_s, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", f"cache_size = -{_CACHE_KIB}"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def release(self) -> None:
        """Let others have it; once."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done within is durable at the end, or is undone.

    Raises:
        sqlite3.Error: It could not be written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has ended it itself where the disk is full
            connection.execute("ROLLBACK")
        raise


def _take_file(path: Path, name: str) -> int | None:
    """Hold the lock file, then make sure that the file is there and ours alone to read.

    The lock comes first: closing a file drops what locks SQLite holds on it elsewhere in this process.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerError(name, "another process has it open") from None
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            os.fchmod(file, _FILE_MODE)
        finally:
            os.close(file)
    except BaseException:
        os.close(lock)
        raise
    return lock
