"""SHELL: the tables of a ledger, and the steps that brought them to this shape; it knows no record.

A step that was released is never changed: it is SQL of its own, and does not follow the tables declared here. All steps that
a ledger lacks are taken in one transaction, together with the new number of its schema.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Double, Index, Integer, MetaData, Table, Text, inspect, text

from canary.ledger.chain import first_place
from canary.ledger.errors import LedgerError

TABLES = MetaData()
_SEQ = BigInteger().with_variant(Integer, "sqlite")

META = Table("meta", TABLES, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""``schema``: the number of the newest step taken. ``ledger_id``: a UUID. Every release must be able to read these two."""

ENTRIES = Table(
    "entries",
    TABLES,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
    Column("at_s", Double, nullable=False),
    Column("wall_s", Double, nullable=False),
    Column("server", Text),
    Column("service", Text),
    Column("version", Text),
    Column("build", Text),
    Column("payload", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
"""Whose entries these are: the four names, see `canary.ledger.subject`."""
Index("entries_by_cell", *(ENTRIES.c[name] for name in ("service", "server", "version", "build", "seq")))

HEAD = Table(
    "head",
    TABLES,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("wall_s", Double, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("monotonic_s", Double, nullable=False),
)
"""One row: the newest entry, and the clocks of the host when it was written."""

SNAPSHOT = Table(
    "snapshot",
    TABLES,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
"""At most one row: the fold of all entries up to `seq`, and the hash of that entry."""


class Head(NamedTuple):
    """A row of `HEAD`."""

    seq: int
    hash: str
    at_s: float
    wall_s: float
    boot_id: str
    monotonic_s: float


Step = Callable[[Connection], None]

_CREATE = """
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE entries (
    seq {number} NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL, wall_s DOUBLE PRECISION NOT NULL,
    server TEXT, service TEXT, version TEXT, build TEXT, payload TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX entries_by_cell ON entries (service, server, version, build, seq);
CREATE TABLE head (
    seq {number} NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
    wall_s DOUBLE PRECISION NOT NULL, boot_id TEXT NOT NULL, monotonic_s DOUBLE PRECISION NOT NULL
);
CREATE TABLE snapshot (
    seq {number} NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL
)"""


def _create(connection: Connection) -> None:
    """1: everything; numbers that grow for ever are ``INTEGER`` in SQLite, which makes them the row's own number."""
    number = "INTEGER" if connection.dialect.name == "sqlite" else "BIGINT"
    for statement in _CREATE.split(";"):
        connection.execute(text(statement.format(number=number)))
    ledger_id = str(uuid.uuid4())
    first = first_place(ledger_id)
    connection.execute(META.insert(), [{"name": "schema", "value": "0"}, {"name": "ledger_id", "value": ledger_id}])
    connection.execute(
        text("INSERT INTO head VALUES (:seq, :hash, 0, 0, '', 0)"), {"seq": first.seq, "hash": first.hash}
    )


def _fence(_connection: Connection) -> None:
    """2: the same tables. Among the entries may be what a leader holds, which a release that knows schema 1 cannot read."""


STEPS: tuple[Step, ...] = (_create, _fence)
"""The step at place n - 1 leads from schema n - 1 to schema n; schema 0 is an empty database."""


def migrate(connection: Connection, database: str, steps: Sequence[Step] = STEPS) -> int:
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
        connection.execute(META.update().where(META.c.name == "schema").values(value=str(len(steps))))
    return len(steps) - found


def _schema_of(connection: Connection, database: str) -> int:
    if not inspect(connection).has_table(META.name):
        return 0
    value = connection.scalar(META.select().with_only_columns(META.c.value).where(META.c.name == "schema"))
    if value is None or not value.isdecimal():
        raise LedgerError(database, "it holds something that is no ledger")
    return int(value)
