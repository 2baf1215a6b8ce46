"""SHELL: the one thread that writes a ledger: all that waits becomes one transaction; it knows no record, only its bytes.

An append is acknowledged when the transaction that holds it is durable. When that fails, nothing of it is acknowledged and
the thread lives on. A commit whose answer was lost may have happened all the same: whether it has is looked up on the next
connection.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from canary.ledger.chain import Link, hash_of
from canary.ledger.clock import Reading
from canary.ledger.database import Database
from canary.ledger.errors import LedgerError
from canary.ledger.schema import ENTRIES, HEAD, Head
from canary.ledger.subject import Subject
from communicator.client.backoff import Backoff

BACKLOG_RECORDS = 20_000
"""What may wait at most: some 10 MiB. A database that is so far behind is not about to catch up."""
GROUP_RECORDS = 2_000
"""What one transaction holds at most, if one append is not larger by itself."""
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 1.0

Chore = Callable[[Connection], None]
"""Something else to be done in a transaction of its own."""


class Draft(NamedTuple):
    """An entry that has no number yet."""

    at_s: float
    reading: Reading
    subject: Subject
    payload: str


class _Append(NamedTuple):
    drafts: Sequence[Draft]
    done: "Future[list[Link]]"


class _Errand(NamedTuple):
    do: Chore
    done: "Future[None]"


class Writer:
    """The thread, and what waits for it.

    Args:
        database: Where to; held by us.
        connection: The one that writes.
        head: The newest entry there.
        patience_s: How long a lost connection is tried again, in seconds.
    """

    def __init__(self, database: Database, connection: Connection, head: Head, patience_s: float) -> None:
        self._database = database
        self._patience_s = patience_s
        self._connection: Connection | None = connection
        self._head = head
        self._jobs: deque[_Append | _Errand] = deque()
        self._waiting_records = 0
        self._news = threading.Condition()
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @property
    def head(self) -> Head:
        """The newest entry that is durable."""
        return self._head

    def append(self, drafts: Sequence[Draft]) -> "Future[list[Link]]":
        """Write entries, all or none of them; safe from any thread.

        Raises:
            LedgerError: Too many wait already, or it is closed.
        """
        done: Future[list[Link]] = Future()
        with self._news:
            if self._waiting_records and self._waiting_records + len(drafts) > BACKLOG_RECORDS:
                raise LedgerError(self._database.name, f"{self._waiting_records} records wait to be written already")
            self._put(_Append(drafts, done))
            self._waiting_records += len(drafts)
        return done

    def do(self, chore: Chore) -> "Future[None]":
        """Do something in a transaction of its own, in its turn.

        Raises:
            LedgerError: It is closed.
        """
        done: Future[None] = Future()
        with self._news:
            self._put(_Errand(chore, done))
        return done

    def close(self) -> None:
        """Write what waits, then end; a lost connection is not waited for any more."""
        with self._news:
            self._is_closing.set()
            self._news.notify()
        self._thread.join()
        if self._connection is not None:
            self._database.disconnect_writer(self._connection)
            self._connection = None

    def _put(self, job: _Append | _Errand) -> None:
        if self._is_closing.is_set():
            raise LedgerError(self._database.name, "it is closed")
        self._jobs.append(job)
        self._news.notify()

    def _run(self) -> None:
        while job := self._take():
            if isinstance(job, _Errand):
                self._run_errand(job)
            else:
                self._write([each for each in job if each.done.set_running_or_notify_cancel()])

    def _take(self) -> "list[_Append] | _Errand | None":
        """What is next: one errand, or the appends up to the next one; None at the end."""
        with self._news:
            self._news.wait_for(lambda: self._jobs or self._is_closing.is_set())
            if self._jobs and isinstance(first := self._jobs[0], _Errand):
                self._jobs.popleft()
                return first
            group: list[_Append] = []
            count = 0
            while self._jobs and isinstance(job := self._jobs[0], _Append):
                if group and count + len(job.drafts) > GROUP_RECORDS:
                    break
                self._jobs.popleft()
                count += len(job.drafts)
                group.append(job)
            self._waiting_records -= count
            return group or None

    def _run_errand(self, errand: _Errand) -> None:
        if not errand.done.set_running_or_notify_cancel():
            return
        try:
            self._transact(errand.do)
        except Exception as error:  # noqa: BLE001 - whoever asked for it deals with it
            errand.done.set_exception(error)
        else:
            errand.done.set_result(None)

    def _write(self, group: Sequence[_Append]) -> None:
        try:
            links = iter(self._persist([draft for job in group for draft in job.drafts]))
        except Exception as error:  # noqa: BLE001 - the thread must live, and those who wait must hear of it
            for job in group:
                job.done.set_exception(error)
        else:
            for job in group:
                job.done.set_result(list(islice(links, len(job.drafts))))

    def _persist(self, drafts: Sequence[Draft]) -> list[Link]:
        """Write entries in one transaction, which may have been tried, and committed, before the connection was lost."""
        links: list[Link] = []

        def insert(connection: Connection) -> None:
            if links and links[-1].hash == self._head.hash:
                return
            links[:] = _chain(self._head, drafts)
            connection.execute(ENTRIES.insert(), [_row(link, draft) for link, draft in zip(links, drafts, strict=True)])
            connection.execute(HEAD.update(), _head_at(links[-1], drafts[-1].reading)._asdict())

        if drafts:
            self._transact(insert)
            self._head = _head_at(links[-1], drafts[-1].reading)
        return links

    def _transact(self, do: Chore) -> None:
        backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
        give_up_s = time.monotonic() + self._patience_s
        while True:
            try:
                with self._database.speaking():
                    connection = self._connect()
                    with connection.begin():
                        do(connection)
            except LedgerError as error:
                self._disconnect()
                if not error.may_pass or self._is_closing.is_set() or time.monotonic() >= give_up_s:
                    raise
                self._is_closing.wait(backoff.next_wait_s(random.random()))  # noqa: S311 - spreads a crowd, hides nothing
            except BaseException:
                self._disconnect()
                raise
            else:
                return

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._database.connect_writer()
            self._connection = connection
            self._head = read_head(connection)
        return self._connection

    def _disconnect(self) -> None:
        """What an error has left of the connection is not used again."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def read_head(connection: Connection) -> Head:
    """The newest entry, as the database has it."""
    row = connection.execute(HEAD.select()).one()
    connection.rollback()
    return Head(*row)


def _chain(head: Head, drafts: Sequence[Draft]) -> list[Link]:
    links: list[Link] = []
    seq, at_s, last = head.seq, head.at_s, head.hash
    for draft in drafts:
        seq, at_s = seq + 1, max(at_s, draft.at_s)
        last = hash_of(last, seq, at_s, draft.reading.wall_s, draft.payload)
        links.append(Link(seq, at_s, draft.reading.wall_s, draft.payload, last))
    return links


def _row(link: Link, draft: Draft) -> dict[str, object]:
    return link._asdict() | draft.subject._asdict()


def _head_at(link: Link, reading: Reading) -> Head:
    return Head(link.seq, link.hash, link.at_s, reading.wall_s, reading.boot_id, reading.monotonic_s)
