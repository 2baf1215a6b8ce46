"""The file of a ledger: one process has it, commits are durable, readers see one moment."""

import os
import sqlite3

import pytest

from canary.ledger.database import Database, transaction
from canary.ledger.errors import LedgerError
from canary.ledger.store import Ledger


@pytest.fixture
def database(path):
    database = Database(path, 5.0)
    yield database
    database.release()


@pytest.fixture
def writer(database):
    connection = database.connect()
    yield connection
    connection.close()


def test_it_is_held_for_one(path, database):
    with pytest.raises(LedgerError, match="another process has it open") as caught:
        Ledger.open(path)
    assert caught.value.database == database.name == str(path)
    database.release()
    Ledger.open(path).close()


def test_a_reader_sees_one_moment(database, writer):
    def count(reader):
        return reader.execute("SELECT count(*) FROM t").fetchone()[0]

    with transaction(writer):
        writer.execute("CREATE TABLE t (n INTEGER)")
    with database.reading() as reader:
        assert count(reader) == 0
        with transaction(writer):
            writer.execute("INSERT INTO t VALUES (1)")
        assert count(reader) == 0
    with database.reading() as reader:
        assert count(reader) == 1


def test_what_fails_is_undone(writer):
    with transaction(writer):
        writer.execute("CREATE TABLE t (n INTEGER)")
    with pytest.raises(sqlite3.ProgrammingError), transaction(writer):
        writer.executemany("INSERT INTO t VALUES (?)", [(1,), (2, 3)])
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 5000)])
def test_a_commit_is_durable(pragma, value, writer):
    assert writer.execute(f"PRAGMA {pragma}").fetchone() == (value,)


@pytest.mark.parametrize("before", [None, 0o644, 0o666, 0o600], ids=str)
def test_the_file_is_for_its_owner_alone(before, path, open_ledger):
    if before is not None:
        path.touch()
        path.chmod(before)
    umask = os.umask(0)
    try:
        open_ledger(path)
    finally:
        os.umask(umask)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(["canary.db", "canary.db-wal", "canary.db-shm", "canary.db.lock"], 0o600)


def test_a_file_that_cannot_be_is_named(path):
    with pytest.raises(LedgerError, match=r"nowhere/at/all\.db: No such file or directory"):
        Ledger.open(path.parent / "nowhere/at/all.db")


def test_a_file_of_something_else_is_refused_and_left_as_it_is(path):
    path.write_text("these are my notes\n" * 100)
    with pytest.raises(LedgerError, match=f"{path}: file is not a database"):
        Ledger.open(path)
    assert path.read_text() == "these are my notes\n" * 100


def test_a_database_of_something_else_is_refused_and_left_as_it_is(path):
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE entries (mine TEXT)")
    with pytest.raises(LedgerError, match="entries already exists"):
        Ledger.open(path)
    assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("entries",)]
    file.close()


def test_a_directory_is_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match=f"{tmp_path}: Is a directory"):
        Ledger.open(tmp_path)
