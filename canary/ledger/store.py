"""SHELL: the ledger as the canary uses it: append, read, find, verify; it knows what records are about, not what they mean."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, Select, delete, select

from canary.ledger.chain import ChainBreak, Link, Place, Verification, digest_of, first_place, verify
from canary.ledger.clock import Anchor, LedgerClock, Reading
from canary.ledger.database import Database
from canary.ledger.errors import LedgerError
from canary.ledger.host_clocks import read_clocks
from canary.ledger.schema import ENTRIES, HEAD, META, SNAPSHOT, Head, migrate
from canary.ledger.snapshot import Snapshot
from canary.ledger.subject import names_of, subject_of
from canary.ledger.writer import Draft, Writer, read_head
from canary.records import ALL, CellKey, Entry, Overridden, OverrideEnded, Record, decode_record, encode_record

PATIENCE_S = 5.0
"""How long the database may be locked or away until an append fails."""
FOUND_ENTRIES = 1_000
"""What is found of one cell at most: the newest."""
_ROWS_AT_ONCE = 2_000
_LINK = tuple(ENTRIES.c[name] for name in Link._fields)


class Ledger:
    """An open ledger; see `open`.

    Whoever folds entries keeps the number of the last one. What `append` gives may begin later than the next number, when a
    commit whose answer was lost, or was not waited for, has happened all the same: then `entries` has what lies between.

    Reading blocks, and may be done in any thread while entries are appended.
    """

    def __init__(self, database: Database, ledger_id: str, clocks: Callable[[], Reading], writer: Writer) -> None:
        self.name = database.name
        """For people: the path of the file, or the address."""
        self.ledger_id = ledger_id
        """A UUID."""
        self.failed_appends = 0
        """Appends that came to nothing."""
        self._database = database
        self._clocks = clocks
        self._clock = LedgerClock(_anchor_of(writer.head), clocks())
        self._writer = writer

    @classmethod
    def open(cls, url: str, *, clocks: Callable[[], Reading] = read_clocks, patience_s: float = PATIENCE_S) -> Self:
        """Open a ledger for this process alone; it is made, or brought to the newest schema, where need be.

        Args:
            url: ``sqlite:////PATH`` or ``postgresql://USER@HOST/DATABASE``.
            clocks: Reads the clocks of the host.
            patience_s: How long the database may be locked or away until an append fails, in seconds.

        Raises:
            LedgerError: It cannot be had; the text names the database, and never a password.
        """
        database = Database(url, patience_s)
        try:
            connection, ledger_id, head = _prepare(database)
        except BaseException:
            database.release()
            raise
        return cls(database, ledger_id, clocks, Writer(database, connection, head, patience_s))

    def close(self) -> None:
        """Write what waits, and let others have the ledger."""
        self._writer.close()
        self._database.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last(self) -> Place:
        """The newest entry that is durable; number 0 when there is none."""
        return Place(self._writer.head.seq, self._writer.head.hash)

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
            links = await asyncio.wrap_future(self._writer.append(drafts))
        except LedgerError:
            self.failed_appends += 1
            raise
        return [
            Entry(link.seq, link.at_s, link.wall_s, record, link.hash)  # type: ignore[arg-type] # any Record is one of them
            for link, record in zip(links, records, strict=True)
        ]

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        """All entries after one, in order, as they are now; those that a snapshot stands for may be gone.

        Raises:
            LedgerError: They cannot be read, or an entry is no record known to this release.
        """
        with self._database.reading() as connection, _streaming(connection, _after(after_seq)) as links:
            for link in links:
                yield self._entry_of(link)

    def entries_of(self, cell: CellKey, limit: int = FOUND_ENTRIES) -> list[Entry]:
        """The newest entries that are about a cell, alone or with others, in order.

        Args:
            cell: A version on a server.
            limit: How many at most.

        Raises:
            LedgerError: As for `entries`.
        """
        names = names_of(cell)._asdict()
        about = [ENTRIES.c[column].in_((name, ALL)) for column, name in names.items()]
        newest = select(ENTRIES.c.seq).where(*about).order_by(ENTRIES.c.seq.desc()).limit(limit)
        query = select(*_LINK).where(ENTRIES.c.seq.in_(newest)).order_by(ENTRIES.c.seq)
        with self._database.reading() as connection, _streaming(connection, query) as links:
            found = [self._entry_of(link) for link in links]
        return list(_without_other_overrides(found))

    def snapshot(self) -> Snapshot | None:
        """What stands for the entries that are gone; None when all are there.

        Raises:
            LedgerError: It cannot be read, or is not what was written.
        """
        with self._database.reading() as connection:
            snapshot, digest = _read_snapshot(connection)
        if snapshot is not None and digest != digest_of(snapshot.place, snapshot.state):
            raise LedgerError(self.name, f"the snapshot at entry {snapshot.place.seq} is not what was written")
        return snapshot

    def verify(self) -> Verification:
        """Check the whole chain as it is now, from the snapshot or the first entry on; nothing is held in memory.

        Raises:
            LedgerError: It cannot be read.
        """
        with self._database.reading() as connection:
            snapshot, digest = _read_snapshot(connection)
            start = first_place(self.ledger_id) if snapshot is None else snapshot.place
            if snapshot is not None and digest != digest_of(snapshot.place, snapshot.state):
                return Verification(0, start, ChainBreak(start.seq, "the snapshot is not what was written"))
            with _streaming(connection, _after(start.seq)) as links:
                found = verify(start, links)
            head = Head(*connection.execute(HEAD.select()).one())
        if found.broken is None and found.end != (head.seq, head.hash):
            reason = f"entry {found.end.seq} is the last, and should be followed by others up to {head.seq}"
            return found._replace(broken=ChainBreak(found.end.seq + 1, reason))
        return found

    def keep(self, snapshot: Snapshot) -> None:
        """Let a snapshot stand for all entries up to its place; they are still there. Blocks until it is durable.

        Raises:
            LedgerError: It could not be written.
        """
        row = {
            **snapshot.place._asdict(),
            "at_s": snapshot.at_s,
            "state": snapshot.state,
            "digest": digest_of(snapshot.place, snapshot.state),
        }

        def replace(connection: Connection) -> None:
            connection.execute(delete(SNAPSHOT))
            connection.execute(SNAPSHOT.insert(), row)

        self._writer.do(replace).result()

    def drop(self, up_to_seq: int) -> None:
        """Delete entries up to a number, as far as a snapshot stands for them. Blocks until it is done.

        Raises:
            LedgerError: They could not be deleted.
        """
        kept = select(SNAPSHOT.c.seq).scalar_subquery()
        which = (ENTRIES.c.seq <= up_to_seq, ENTRIES.c.seq <= kept)
        self._writer.do(lambda connection: _discard(connection.execute(delete(ENTRIES).where(*which)))).result()

    def _entry_of(self, link: Link) -> Entry:
        try:
            return Entry(link.seq, link.at_s, link.wall_s, decode_record(link.payload), link.hash)
        except ValueError as error:
            raise LedgerError(self.name, f"entry {link.seq} is no record known to this release: {error}") from None


def _prepare(database: Database) -> tuple[Connection, str, Head]:
    """Bring it to the newest schema, and read what a ledger has to know of itself."""
    connection = database.connect_writer()
    try:
        with database.speaking():
            with connection.begin():
                migrate(connection, database.name)
                ledger_id = connection.execute(select(META.c.value).where(META.c.name == "ledger_id")).scalar_one()
            return connection, ledger_id, read_head(connection)
    except BaseException:
        database.disconnect_writer(connection)
        raise


def _anchor_of(head: Head) -> Anchor | None:
    return Anchor(head.at_s, Reading(head.boot_id, head.monotonic_s, head.wall_s)) if head.seq else None


def _after(seq: int) -> Select[Any]:
    return select(*_LINK).where(ENTRIES.c.seq > seq).order_by(ENTRIES.c.seq)


@contextmanager
def _streaming(connection: Connection, query: Select[Any]) -> Iterator[Iterator[Link]]:
    """Entries as they come; whoever asked may stop at any of them."""
    with connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as result:
        yield (Link(*row) for row in result)


def _read_snapshot(connection: Connection) -> tuple[Snapshot | None, str]:
    row = connection.execute(SNAPSHOT.select()).one_or_none()
    if row is None:
        return None, ""
    return Snapshot(Place(row.seq, row.hash), row.at_s, row.state), row.digest


def _discard(_: object) -> None:
    """A chore has no result."""


def _without_other_overrides(entries: Sequence[Entry]) -> Iterator[Entry]:
    """An end of an override is found with every cell: only those of overrides that were found belong to this one."""
    numbers = {entry.record.number for entry in entries if isinstance(entry.record, Overridden)}
    for entry in entries:
        if not isinstance(entry.record, OverrideEnded) or entry.record.number in numbers:
            yield entry
