"""SHELL: the database of one ledger: opened so that what is committed is durable, and held for us alone; it knows no entry.

SQLite (a file) or PostgreSQL, by URL. A name of it for people never holds a user name or a password.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from canary.ledger.errors import LedgerError

_FILE_MODE = 0o600
_CACHE_KIB = 8192
_TAKEN = "another process has it open"

_CLAIM = "SELECT pg_try_advisory_lock(hashtext('bellwether ledger'), hashtext(current_schema()))"
_SHARED_READS = {"postgresql": "REPEATABLE READ"}
"""What makes several queries of one reader see one moment; SQLite does so in any transaction."""


class Database:
    """One database, held until it is released.

    Args:
        url: ``sqlite:////var/lib/bellwether/canary.db``, ``postgresql://user@host/database``.
        patience_s: How long it may keep us waiting for a connection or a lock, in seconds.

    Raises:
        LedgerError: It is no such URL, or another process has it.
    """

    def __init__(self, url: str, patience_s: float) -> None:
        parsed = _parse(url)
        self.name = _name_of(parsed)
        self.is_remote = parsed.get_backend_name() == "postgresql"
        self._lock: int | None = None
        if self.is_remote:
            self._engine = _open_postgresql(parsed, patience_s, self.name)
        else:
            path = Path(parsed.database or "")
            with self.speaking():
                self._lock = _take_file(path, self.name)
            self._engine = _open_sqlite(path, patience_s)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Turn what goes wrong within into a `LedgerError` that names this database."""
        try:
            yield
        except SQLAlchemyError as error:
            raise LedgerError(self.name, _reason_of(error), may_pass=self._may_pass(error)) from None
        except OSError as error:
            if isinstance(error, LedgerError):
                raise
            raise LedgerError(self.name, error.strerror or str(error)) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the ledger as it is at its first query, whatever is written meanwhile."""
        with self.speaking(), self._engine.connect() as connection:
            level = _SHARED_READS.get(self._engine.dialect.name)
            yield connection.execution_options(isolation_level=level) if level else connection

    def connect_writer(self) -> Connection:
        """The one connection that writes.

        Raises:
            LedgerError: It cannot be had now, or another process has it.
        """
        with self.speaking():
            connection = self._engine.connect()
            try:
                if self.is_remote:
                    self._claim(connection)
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            return connection

    def disconnect_writer(self, connection: Connection) -> None:
        """Close it and let others write at once: a server takes a moment to notice by itself that a session has ended."""
        with suppress(LedgerError), self.speaking():
            connection.rollback()
            if self.is_remote:
                connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
                connection.commit()
        connection.invalidate()
        connection.close()

    def release(self) -> None:
        """Close all connections, and let others have it."""
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _claim(self, connection: Connection) -> None:
        """Holds as long as this session. A session of ours that died may hold it for a moment yet."""
        is_ours = connection.exec_driver_sql(_CLAIM).scalar()
        connection.commit()
        if not is_ours:
            raise LedgerError(self.name, _TAKEN, may_pass=True)

    def _may_pass(self, error: SQLAlchemyError) -> bool:
        """SQLite has waited for locks itself."""
        return self.is_remote and isinstance(error, OperationalError | InterfaceError)


def _parse(url: str) -> URL:
    """An error must not repeat the URL: it may hold a password."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (SQLAlchemyError, ValueError):
        raise LedgerError("?", "its URL cannot be read") from None
    if backend not in ("sqlite", "postgresql"):
        raise LedgerError(_name_of(parsed), "only sqlite and postgresql can hold a ledger")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise LedgerError("sqlite", "it must be a file: sqlite:////PATH")
    return parsed


def _name_of(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or ""
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{host if isinstance(host, str) else ','.join(host)}{port}/{url.database or ''}"


def _reason_of(error: SQLAlchemyError) -> str:
    """The database's own words: SQLAlchemy's would repeat the statement and all of its values."""
    words = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return words.partition("\n")[0] or type(error).__name__


def _take_file(path: Path, name: str) -> int:
    """Hold the lock file, then make sure that the file is there and ours alone to read.

    The lock comes first: closing a file drops what locks SQLite holds on it elsewhere in this process.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerError(name, _TAKEN) from None
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            os.fchmod(file, _FILE_MODE)
        finally:
            os.close(file)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _open_sqlite(path: Path, patience_s: float) -> Engine:
    engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # Python's driver would not begin a transaction for a SELECT or a CREATE
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {round(patience_s * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{_CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _open_postgresql(url: URL, patience_s: float, name: str) -> Engine:
    """A peer that is silent for as long as we are patient is gone; libpq takes whole seconds for a connection, two at least."""
    patience = {"connect_timeout": max(2, round(patience_s)), "tcp_user_timeout": max(1, round(patience_s * 1000))}
    try:
        driven = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            driven, connect_args=patience, pool_pre_ping=True
        )  # a reader's session may have been cut
    except ModuleNotFoundError:
        raise LedgerError(name, "PostgreSQL needs its driver: pip install 'bellwether[postgresql]'") from None

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        """Whatever the server's default, a commit that is acknowledged is on its disk."""
        cursor = connection.cursor()
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.close()
        connection.commit()

    return engine
