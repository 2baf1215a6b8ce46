import os
import sqlite3
import traceback

import pytest
from sqlalchemy import text

from canary.ledger.database import Database
from canary.ledger.errors import LedgerError
from canary.ledger.store import Ledger

SECRET = "correct-horse"


@pytest.fixture
def database(url):
    database = Database(url, 5.0)
    yield database
    database.release()


def test_it_is_held_for_one(url, database):
    connection = database.connect_writer()
    with pytest.raises(LedgerError, match="another process has it open") as caught:
        Ledger.open(url)
    assert caught.value.database == database.name
    database.disconnect_writer(connection)
    database.release()
    other = Database(url, 5.0)
    other.disconnect_writer(other.connect_writer())
    other.release()


def test_ledgers_in_schemas_of_their_own_do_not_meet(postgresql):
    one, other = (Database(postgresql.new_url(), 5.0) for _ in range(2))
    with one.connect_writer(), other.connect_writer():
        pass
    one.release()
    other.release()


def test_a_reader_comes_back_after_its_server(postgresql):
    database = Database(postgresql.new_url(), 5.0)
    for _ in range(2):
        with database.reading() as reader:
            assert reader.scalar(text("SELECT 7")) == 7
        assert postgresql.cut() == 1
    database.release()


def test_a_reader_sees_one_moment(database):
    with database.connect_writer() as writer:
        with writer.begin():
            writer.execute(text("CREATE TABLE t (n INTEGER)"))
        with database.reading() as reader:
            assert reader.scalar(text("SELECT count(*) FROM t")) == 0
            with writer.begin():
                writer.execute(text("INSERT INTO t VALUES (1)"))
            assert reader.scalar(text("SELECT count(*) FROM t")) == 0
        with database.reading() as reader:
            assert reader.scalar(text("SELECT count(*) FROM t")) == 1


def test_a_commit_is_durable_whatever_the_defaults(url):
    if url.startswith("sqlite"):
        expected = [("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", 2), ("PRAGMA busy_timeout", 5000)]
    else:
        url += "%20-csynchronous_commit%3Doff"
        expected = [("SHOW synchronous_commit", "on"), ("SHOW fsync", "on")]
    database = Database(url, 5.0)
    with database.connect_writer() as connection:
        assert [(query, connection.scalar(text(query))) for query, _ in expected] == expected
    database.release()


def test_a_stronger_promise_of_the_server_is_left_alone(postgresql):
    database = Database(f"{postgresql.new_url()}%20-csynchronous_commit%3Dremote_apply", 5.0)
    with database.connect_writer() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "remote_apply"
    database.release()


@pytest.mark.parametrize("before", [None, 0o644, 0o666, 0o600], ids=str)
def test_the_file_is_for_its_owner_alone(before, tmp_path, open_ledger):
    path = tmp_path / "canary.db"
    if before is not None:
        path.touch()
        path.chmod(before)
    umask = os.umask(0)
    try:
        open_ledger(f"sqlite:///{path}")
    finally:
        os.umask(umask)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["canary.db", "canary.db-wal", "canary.db-shm", "canary.db.lock"], 0o600)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"no url {SECRET}", "its URL cannot be read"),
        (f"postgresql://me:{SECRET}@host:port/db", "its URL cannot be read"),
        (f"mysql://me:{SECRET}@host/db", "only sqlite and postgresql can hold a ledger"),
        ("sqlite://", "it must be a file"),
        ("sqlite:///:memory:", "it must be a file"),
        ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db: No such file or directory"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/db", "ledger postgresql://127.0.0.1:1/db: "),
        (f"postgresql://127.0.0.1:1/db?user=me&password={SECRET}", "ledger postgresql://127.0.0.1:1/db: "),
        (f"postgresql://me:{SECRET}@/db?host=/nowhere", "ledger postgresql:///nowhere/db: "),
    ],
)
def test_what_cannot_be_had_is_named_without_its_secrets(url, reason):
    with pytest.raises(LedgerError) as caught:
        Ledger.open(url, patience_s=2)
    assert reason in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown.replace(f'"{url}"', "")


def test_a_wrong_password_is_an_error_without_it(postgresql):
    """The server of the tests takes any, but not any user."""
    url = postgresql.new_url().replace("tester:a-secret", "stranger:a-secret")
    with pytest.raises(LedgerError, match='role "stranger" does not exist') as caught:
        Ledger.open(url)
    assert "a-secret" not in "".join(traceback.format_exception(caught.value))


def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "canary.db"
    path.write_text("these are my notes\n" * 100)
    with pytest.raises(LedgerError, match=f"{path}: file is not a database"):
        Ledger.open(f"sqlite:///{path}")
    assert path.read_text() == "these are my notes\n" * 100


def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "canary.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE entries (mine TEXT)")
    file.close()
    with pytest.raises(LedgerError, match="entries already exists"):
        Ledger.open(f"sqlite:///{path}")
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("entries",)]
    file.close()


def test_a_directory_is_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match=f"{tmp_path}: Is a directory"):
        Ledger.open(f"sqlite:///{tmp_path}")
