"""SHELL: the ledger as the canary uses it: append, read, find, verify; it knows what records are about, not what they mean."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from canary.ledger.clock import Anchor, LedgerClock, Reading
from canary.ledger.database import Database, transaction
from canary.ledger.errors import LedgerError
from canary.ledger.host_clocks import read_clocks
from canary.ledger.integrity import Fault, Row, Verification, checksum_of, verify
from canary.ledger.schema import Head, migrate, read_head, read_ledger_id
from canary.ledger.snapshot import Snapshot
from canary.ledger.subject import subject_of
from canary.ledger.writer import Draft, Writer
from canary.records import ALL, CellKey, Entry, Overridden, OverrideEnded, Record, decode_record, encode_record

PATIENCE_S = 5.0
"""How long the file may be locked until an append fails."""
FOUND_ENTRIES = 1_000
"""What is found of one cell at most: the newest."""
_AFTER = "SELECT seq, at_s, wall_s, payload, checksum FROM entries WHERE seq > ? ORDER BY seq"
_OF_CELL = """
SELECT seq, at_s, wall_s, payload, checksum FROM entries WHERE seq IN (
    SELECT seq FROM entries
    WHERE server IN (?, ?) AND service IN (?, ?) AND version IN (?, ?) AND build IN (?, ?)
    ORDER BY seq DESC LIMIT ?
) ORDER BY seq
"""


class Ledger:
    """An open ledger; see `open`.

    Whoever folds entries keeps the number of the last one. What `append` gives may begin later than the next number, when an
    append was not waited for: then `entries` has what lies between.

    Reading blocks, and may be done in any thread while entries are appended.
    """

    def __init__(self, database: Database, ledger_id: str, clocks: Callable[[], Reading], writer: Writer) -> None:
        self.name = database.name
        """The path of the file."""
        self.ledger_id = ledger_id
        """A UUID."""
        self.failed_appends = 0
        """Appends that came to nothing."""
        self._database = database
        self._clocks = clocks
        self._clock = LedgerClock(_anchor_of(writer.head), clocks())
        self._writer = writer

    @classmethod
    def open(cls, path: Path, *, clocks: Callable[[], Reading] = read_clocks, patience_s: float = PATIENCE_S) -> Self:
        """Open a ledger for this process alone; it is made, or brought to the newest schema, where need be.

        Args:
            path: Its file.
            clocks: Reads the clocks of the host.
            patience_s: How long the file may be locked until an append fails, in seconds.

        Raises:
            LedgerError: It cannot be had.
        """
        database = Database(path, patience_s)
        try:
            connection, ledger_id, head = _prepare(database)
        except BaseException:
            database.release()
            raise
        return cls(database, ledger_id, clocks, Writer(database, connection, head))

    def close(self) -> None:
        """Write what waits, and let others have the ledger."""
        self._writer.close()
        self._database.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last_seq(self) -> int:
        """The number of the newest entry that is durable; 0 when there is none."""
        return self._writer.head.seq

    def now_s(self) -> float:
        """The time of the ledger's own clock, in seconds."""
        return self._clock.read(self._clocks().monotonic_s)

    async def append(self, records: Sequence[Record]) -> list[Entry]:
        """Write records, all or none of them.

        Their time is that of the call. An append that is cancelled while it still waits is not written.

        Returns:
            Their entries, once they are durable.

        Raises:
            LedgerError: They could not be written; the ledger goes on with the next ones.
        """
        reading = self._clocks()
        at_s = self._clock.read(reading.monotonic_s)
        drafts = [Draft(at_s, reading, subject_of(record), encode_record(record).decode()) for record in records]
        try:
            rows = await asyncio.wrap_future(self._writer.append(drafts))
        except LedgerError:
            self.failed_appends += 1
            raise
        return [
            Entry(row.seq, row.at_s, row.wall_s, record)  # type: ignore[arg-type] # any Record is one of them
            for row, record in zip(rows, records, strict=True)
        ]

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        """All entries after one, in order, as they are now; those that a snapshot stands for may be gone.

        Raises:
            LedgerError: They cannot be read, or an entry is no record known to this release.
        """
        with self._database.reading() as connection:
            for row in _rows(connection, _AFTER, after_seq):
                yield self._entry_of(row)

    def entries_of(self, cell: CellKey, limit: int = FOUND_ENTRIES) -> list[Entry]:
        """The newest entries that are about a cell, alone or with others, in order.

        Args:
            cell: A version on a server.
            limit: How many at most.

        Raises:
            LedgerError: As for `entries`.
        """
        names = [name for part in cell for name in (part, ALL)]
        with self._database.reading() as connection:
            found = [self._entry_of(row) for row in _rows(connection, _OF_CELL, *names, limit)]
        return list(_without_other_overrides(found))

    def snapshot(self) -> Snapshot | None:
        """What stands for the entries that are gone; None when all are there.

        Raises:
            LedgerError: It cannot be read, or is not what was written.
        """
        with self._database.reading() as connection:
            snapshot, fault = _read_snapshot(connection)
        if fault is not None:
            raise LedgerError(self.name, f"the snapshot at entry {fault.seq} is not what was written")
        return snapshot

    def verify(self) -> Verification:
        """Check all entries as they are now, from the snapshot or the first one on; nothing is held in memory.

        Raises:
            LedgerError: It cannot be read.
        """
        with self._database.reading() as connection:
            snapshot, fault = _read_snapshot(connection)
            if fault is not None:
                return Verification(0, fault)
            start = 0 if snapshot is None else snapshot.seq
            connection.text_factory = _decoded
            try:
                return verify(start, read_head(connection).seq, _rows(connection, _AFTER, start))
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                    raise
                return Verification(0, Fault(start + 1, str(error)))

    def keep(self, snapshot: Snapshot) -> None:
        """Let a snapshot stand for all entries up to its number; they are still there. Blocks until it is durable.

        Raises:
            LedgerError: It could not be written.
        """
        checksum = _checksum_of(snapshot)

        def replace(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM snapshot")
            values = (*snapshot, checksum)
            connection.execute("INSERT INTO snapshot (seq, at_s, state, checksum) VALUES (?, ?, ?, ?)", values)

        self._writer.do(replace).result()

    def drop(self, up_to_seq: int) -> None:
        """Delete entries up to a number, as far as a snapshot stands for them. Blocks until it is done.

        Raises:
            LedgerError: They could not be deleted.
        """
        gone = "DELETE FROM entries WHERE seq <= ? AND seq <= (SELECT seq FROM snapshot)"
        self._writer.do(lambda connection: connection.execute(gone, (up_to_seq,))).result()

    def _entry_of(self, row: Row) -> Entry:
        try:
            return Entry(row.seq, row.at_s, row.wall_s, decode_record(row.payload))
        except ValueError as error:
            raise LedgerError(self.name, f"entry {row.seq} is no record known to this release: {error}") from None


def _prepare(database: Database) -> tuple[sqlite3.Connection, str, Head]:
    """Bring it to the newest schema, and read what a ledger has to know of itself."""
    with database.speaking():
        connection = database.connect()
        try:
            with transaction(connection):
                migrate(connection, database.name)
            return connection, read_ledger_id(connection), read_head(connection)
        except BaseException:
            connection.close()
            raise


def _anchor_of(head: Head) -> Anchor | None:
    return Anchor(head.at_s, Reading(head.boot_id, head.monotonic_s, head.wall_s)) if head.seq else None


def _rows(connection: sqlite3.Connection, query: str, *values: object) -> Iterator[Row]:
    """Entries as they come; whoever asked may stop at any of them."""
    return map(Row._make, connection.execute(query, values))


def _decoded(raw: bytes) -> str:
    """What is no text any more is none that was written, and reading goes on."""
    return raw.decode(errors="replace")


def _read_snapshot(connection: sqlite3.Connection) -> tuple[Snapshot | None, Fault | None]:
    row = connection.execute("SELECT seq, at_s, state, checksum FROM snapshot").fetchone()
    if row is None:
        return None, None
    *parts, checksum = row
    snapshot = Snapshot(*parts)
    fault = Fault(snapshot.seq, "the snapshot is not what was written")
    return snapshot, None if _checksum_of(snapshot) == checksum else fault


def _checksum_of(snapshot: Snapshot) -> int:
    return checksum_of(snapshot.seq, snapshot.at_s, 0.0, snapshot.state)


def _without_other_overrides(entries: Sequence[Entry]) -> Iterator[Entry]:
    """An end of an override is found with every cell: only those of overrides that were found belong to this one."""
    numbers = {entry.record.number for entry in entries if isinstance(entry.record, Overridden)}
    for entry in entries:
        if not isinstance(entry.record, OverrideEnded) or entry.record.number in numbers:
            yield entry
