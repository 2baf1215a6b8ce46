"""SHELL: the tables of a ledger, what is written into them, and the steps that brought them to this shape; it knows no record.

A step that was released is never changed. All steps that a ledger lacks are taken in one transaction, together with the new
number of its schema.

- ``meta``: ``schema`` is the number of the newest step taken, ``ledger_id`` a UUID. Every release must be able to read these two.
- ``entries``: the four names say whose each is, see `canary.ledger.subject`.
- ``head``: one row: the newest entry, and the clocks of the host when it was written.
- ``snapshot``: at most one row: the fold of all entries up to `seq`.
"""

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from canary.ledger.errors import LedgerError
from canary.ledger.integrity import Row, checksum_of
from canary.ledger.subject import Subject


class Head(NamedTuple):
    """The newest entry, and the clocks of the host when it was written."""

    seq: int
    at_s: float
    wall_s: float
    boot_id: str
    monotonic_s: float


Step = Callable[[sqlite3.Connection], object]

_CREATE = (
    "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE entries (
        seq INTEGER NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL, wall_s DOUBLE PRECISION NOT NULL,
        server TEXT, service TEXT, version TEXT, build TEXT, payload TEXT NOT NULL, hash TEXT NOT NULL
    )""",
    "CREATE INDEX entries_by_cell ON entries (service, server, version, build, seq)",
    """CREATE TABLE head (
        seq INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
        wall_s DOUBLE PRECISION NOT NULL, boot_id TEXT NOT NULL, monotonic_s DOUBLE PRECISION NOT NULL
    )""",
    """CREATE TABLE snapshot (
        seq INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
        state TEXT NOT NULL, digest TEXT NOT NULL
    )""",
    "INSERT INTO meta VALUES ('schema', '0')",
    "INSERT INTO head VALUES (0, '', 0, 0, '', 0)",
)
_TO_CHECKSUMS = (
    "ALTER TABLE entries DROP COLUMN hash",
    "ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
    "UPDATE entries SET checksum = checksum_of(seq, at_s, wall_s, payload)",
    "ALTER TABLE head DROP COLUMN hash",
    "ALTER TABLE snapshot DROP COLUMN hash",
    "ALTER TABLE snapshot DROP COLUMN digest",
    "ALTER TABLE snapshot ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
    "UPDATE snapshot SET checksum = checksum_of(seq, at_s, 0.0, state)",
)
_INSERT = """
INSERT INTO entries (seq, at_s, wall_s, payload, checksum, server, service, version, build)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _create(connection: sqlite3.Connection) -> None:
    """1: everything."""
    for statement in _CREATE:
        connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('ledger_id', ?)", (str(uuid.uuid4()),))


def _fence(_connection: sqlite3.Connection) -> None:
    """2: the same tables. Among the entries may be what a leader holds, which a release that knows schema 1 cannot read."""


def _take_checksums(connection: sqlite3.Connection) -> None:
    """3: each entry has a checksum of its own in place of a chain of hashes. What is there is taken as it is."""
    connection.create_function("checksum_of", 4, checksum_of, deterministic=True)
    for statement in _TO_CHECKSUMS:
        connection.execute(statement)


STEPS: tuple[Step, ...] = (_create, _fence, _take_checksums)
"""The step at place n - 1 leads from schema n - 1 to schema n; schema 0 is an empty database."""


def migrate(connection: sqlite3.Connection, database: str, steps: Sequence[Step] = STEPS) -> int:
    """Bring a ledger to the newest schema, within the transaction of `connection`.

    Args:
        connection: To the ledger, or to an empty database.
        database: Its name, for errors.
        steps: All there are.

    Returns:
        How many steps were taken.

    Raises:
        LedgerError: It is of a newer release, or no ledger.
    """
    found = _schema_of(connection, database)
    if found > len(steps):
        raise LedgerError(
            database, f"it has schema {found} and this release knows {len(steps)}: install the release that wrote it"
        )
    for step in steps[found:]:
        step(connection)
    if found < len(steps):
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(len(steps)),))
    return len(steps) - found


def read_ledger_id(connection: sqlite3.Connection) -> str:
    """The identifier that no other ledger has."""
    (ledger_id,) = connection.execute("SELECT value FROM meta WHERE name = 'ledger_id'").fetchone()
    return str(ledger_id)


def read_head(connection: sqlite3.Connection) -> Head:
    """The newest entry, as the database has it."""
    return Head(*connection.execute("SELECT seq, at_s, wall_s, boot_id, monotonic_s FROM head").fetchone())


def write_entries(connection: sqlite3.Connection, rows: Iterable[Row], subjects: Iterable[Subject], head: Head) -> None:
    """Add entries, the last of which is the new head."""
    values = (row + subject for row, subject in zip(rows, subjects, strict=True))
    connection.executemany(_INSERT, values)
    connection.execute("UPDATE head SET (seq, at_s, wall_s, boot_id, monotonic_s) = (?, ?, ?, ?, ?)", head)


def _schema_of(connection: sqlite3.Connection, database: str) -> int:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        return 0
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise LedgerError(database, "it holds something that is no ledger")
    return int(row[0])
