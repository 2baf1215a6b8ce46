"""Ledgers of each schema there was become what this release writes; those of later ones are refused."""

import sqlite3
from pathlib import Path

import pytest

from canary.judge.apply import apply
from canary.ledger.database import Database, transaction
from canary.ledger.errors import LedgerError
from canary.ledger.retention import restore
from canary.ledger.schema import STEPS, migrate
from canary.ledger.store import Ledger
from canary.records import RunEnded, Started, Stopped

FIXTURES = sorted(Path(__file__).parent.glob("schema-*.sql"))
TO_NUMBER = "UPDATE meta SET value = ? WHERE name = 'schema'"


@pytest.fixture
def connection(path):
    database = Database(path, 5.0)
    connection = database.connect()
    yield connection
    connection.close()
    database.release()


def load(path, script):
    """What an older release left behind."""
    file = sqlite3.connect(path)
    file.executescript(script.read_text())
    file.close()


def tables_of(connection):
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())


def schema_of(connection):
    return connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0]


def test_there_is_a_ledger_of_every_schema_to_open():
    assert [path.name for path in FIXTURES] == [f"schema-{number}.sql" for number in range(1, len(STEPS) + 1)]


@pytest.mark.parametrize("script", FIXTURES, ids=lambda path: path.stem)
async def test_a_ledger_of_that_schema_is_opened_and_goes_on(script, path, open_ledger):
    load(path, script)
    ledger = open_ledger(path)
    assert ledger.ledger_id == "1aabdde9-f5e7-4ce7-8de6-a57159d8dff3"
    assert [type(entry.record) for entry in ledger.entries()][1:] == [RunEnded, Stopped]
    assert ledger.snapshot().seq == 1
    (added,) = await ledger.append([Started(release="1", boot_id="b", was_clean=True)])
    assert added.seq == 5
    assert ledger.verify() == (4, None)


@pytest.mark.parametrize(("name", "found"), [("schema-1.sql", 0), ("schema-2.sql", 1)])
def test_what_it_found_is_known(name, found, path, open_ledger):
    load(path, Path(__file__).parent / name)
    state = restore(open_ledger(path), apply)
    assert state.detections.count == found


def test_a_new_ledger_and_one_that_was_brought_here_have_the_same_tables(path, connection):
    with transaction(connection):
        assert migrate(connection, "here") == len(STEPS)
        assert migrate(connection, "here") == 0
    assert schema_of(connection) == str(len(STEPS))
    old = path.with_name("old.db")
    load(old, FIXTURES[0])
    Ledger.open(old).close()
    other = sqlite3.connect(old)
    columns = 'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, pragma_table_info(m.name) c'
    assert sorted(other.execute(columns)) == sorted(connection.execute(columns))
    assert tables_of(other).keys() == tables_of(connection).keys()
    other.close()


def test_missing_steps_are_taken_in_order_and_the_number_is_kept(connection):
    taken = []
    steps = [*STEPS, lambda _: taken.append("second"), lambda _: taken.append("third")]
    with transaction(connection):
        migrate(connection, "here", STEPS)
    with transaction(connection):
        assert migrate(connection, "here", steps) == 2
    with transaction(connection):
        assert migrate(connection, "here", steps) == 0
    assert schema_of(connection) == str(len(STEPS) + 2)
    assert taken == ["second", "third"]


def test_a_step_that_fails_leaves_the_schema_as_it_was(connection):
    def fail(connection):
        connection.execute("CREATE TABLE half (done INTEGER)")
        raise ZeroDivisionError

    with transaction(connection):
        migrate(connection, "here")
    before = tables_of(connection)
    with pytest.raises(ZeroDivisionError), transaction(connection):
        migrate(connection, "here", [*STEPS, lambda at: at.execute("CREATE TABLE whole (done INTEGER)"), fail])
    assert (tables_of(connection), schema_of(connection)) == (before, str(len(STEPS)))


def test_a_newer_schema_is_refused_by_name(path, open_ledger):
    open_ledger(path).close()
    file = sqlite3.connect(path)
    with file:
        file.execute(TO_NUMBER, (str(len(STEPS) + 1),))
    file.close()
    with pytest.raises(LedgerError, match=f"schema {len(STEPS) + 1} and this release knows {len(STEPS)}") as caught:
        Ledger.open(path)
    assert caught.value.database == str(path)


@pytest.mark.parametrize("value", ["x", "-1", ""])
def test_a_number_that_is_none_is_refused(value, connection):
    with transaction(connection):
        migrate(connection, "here")
        connection.execute(TO_NUMBER, (value,))
        with pytest.raises(LedgerError, match="no ledger"):
            migrate(connection, "here")
