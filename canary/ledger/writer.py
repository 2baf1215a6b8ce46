"""SHELL: the one thread that writes a ledger: all that waits becomes one transaction; it knows no record, only its bytes.

An append is acknowledged when the transaction that holds it is durable. When that fails, nothing of it is acknowledged and
the thread lives on.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from canary.ledger.clock import Reading
from canary.ledger.database import Database, transaction
from canary.ledger.errors import LedgerError
from canary.ledger.integrity import Row, checksum_of
from canary.ledger.schema import Head, write_entries
from canary.ledger.subject import Subject

BACKLOG_RECORDS = 20_000
"""What may wait at most: some 10 MiB. A disk that is so far behind is not about to catch up."""
GROUP_RECORDS = 2_000
"""What one transaction holds at most, if one append is not larger by itself."""

Chore = Callable[[sqlite3.Connection], object]
"""Something else to be done in a transaction of its own."""


class Draft(NamedTuple):
    """An entry that has no number yet."""

    at_s: float
    reading: Reading
    subject: Subject
    payload: str


class _Append(NamedTuple):
    drafts: Sequence[Draft]
    done: "Future[list[Row]]"


class Writer:
    """The thread, and what waits for it.

    Args:
        database: Where to; held by us.
        connection: The one that writes.
        head: The newest entry there.
    """

    def __init__(self, database: Database, connection: sqlite3.Connection, head: Head) -> None:
        self._database = database
        self._connection = connection
        self._head = head
        self._waiting: deque[_Append] = deque()
        self._waiting_records = 0
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "ledger")

    @property
    def head(self) -> Head:
        """The newest entry that is durable."""
        return self._head

    def append(self, drafts: Sequence[Draft]) -> "Future[list[Row]]":
        """Write entries, all or none of them; safe from any thread.

        Raises:
            LedgerError: Too many wait already, or it is closed.
        """
        done: Future[list[Row]] = Future()
        with self._lock:
            if self._waiting_records and self._waiting_records + len(drafts) > BACKLOG_RECORDS:
                raise LedgerError(self._database.name, f"{self._waiting_records} records wait to be written already")
            self._submit(
                self._write_waiting
            )  # for each append, though the first may write them all: no wake-up is lost
            self._waiting.append(_Append(drafts, done))
            self._waiting_records += len(drafts)
        return done

    def do(self, chore: Chore) -> "Future[None]":
        """Do something in a transaction of its own, in its turn.

        Raises:
            LedgerError: It is closed.
        """
        return self._submit(self._transact, chore)

    def close(self) -> None:
        """Write what waits, then end."""
        self._thread.shutdown()
        self._connection.close()

    def _submit(self, work: Callable[..., None], *arguments: Chore) -> "Future[None]":
        try:
            return self._thread.submit(work, *arguments)
        except RuntimeError:
            raise LedgerError(self._database.name, "it is closed") from None

    def _write_waiting(self) -> None:
        group = [job for job in self._take() if job.done.set_running_or_notify_cancel()]
        try:
            rows = iter(self._persist([draft for job in group for draft in job.drafts]))
        except Exception as error:  # noqa: BLE001 - those who wait must hear of it
            for job in group:
                job.done.set_exception(error)
        else:
            for job in group:
                job.done.set_result(list(islice(rows, len(job.drafts))))

    def _take(self) -> list[_Append]:
        """What goes into one transaction; nothing when the one before has taken it already."""
        group: list[_Append] = []
        count = 0
        with self._lock:
            while self._waiting and (not group or count + len(self._waiting[0].drafts) <= GROUP_RECORDS):
                group.append(self._waiting.popleft())
                count += len(group[-1].drafts)
            self._waiting_records -= count
        return group

    def _persist(self, drafts: Sequence[Draft]) -> list[Row]:
        if not drafts:
            return []
        rows = _numbered(self._head, drafts)
        last, reading = rows[-1], drafts[-1].reading
        head = Head(last.seq, last.at_s, reading.wall_s, reading.boot_id, reading.monotonic_s)
        subjects = (draft.subject for draft in drafts)
        self._transact(lambda connection: write_entries(connection, rows, subjects, head))
        self._head = head
        return rows

    def _transact(self, do: Chore) -> None:
        with self._database.speaking(), transaction(self._connection):
            do(self._connection)


def _numbered(head: Head, drafts: Sequence[Draft]) -> list[Row]:
    rows: list[Row] = []
    at_s = head.at_s
    for seq, draft in enumerate(drafts, head.seq + 1):
        at_s = max(at_s, draft.at_s)
        parts = (seq, at_s, draft.reading.wall_s, draft.payload)
        rows.append(Row(*parts, checksum_of(*parts)))
    return rows
