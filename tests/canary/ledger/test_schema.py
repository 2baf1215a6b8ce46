import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from canary.judge.apply import apply
from canary.ledger.database import Database
from canary.ledger.errors import LedgerError
from canary.ledger.retention import restore
from canary.ledger.schema import META, STEPS, TABLES, migrate
from canary.ledger.store import Ledger
from canary.records import RunEnded, Started, Stopped

FIXTURES = sorted(Path(__file__).parent.glob("schema-*.sql"))
TO_NUMBER = text("UPDATE meta SET value = :number WHERE name = 'schema'")


@pytest.fixture
def connection(url):
    database = Database(url, 5.0)
    connection = database.connect_writer()
    yield connection
    connection.close()
    database.release()


def load(url, path):
    """What an older release left behind."""
    script = path.read_text()
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.executescript(script)
        file.close()
    else:
        with psycopg.connect(url) as server:
            server.execute(script.replace("INTEGER", "BIGINT"))


def schema_of(connection):
    return connection.scalar(META.select().with_only_columns(META.c.value).where(META.c.name == "schema"))


def test_there_is_a_ledger_of_every_schema_to_open():
    assert [path.name for path in FIXTURES] == [f"schema-{number}.sql" for number in range(1, len(STEPS) + 1)]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
async def test_a_ledger_of_that_schema_is_opened_and_goes_on(path, url, open_ledger):
    load(url, path)
    ledger = open_ledger(url)
    assert ledger.ledger_id == "1aabdde9-f5e7-4ce7-8de6-a57159d8dff3"
    assert [type(entry.record) for entry in ledger.entries()][1:] == [RunEnded, Stopped]
    assert ledger.snapshot().place.seq == 1
    (added,) = await ledger.append([Started(release="1", boot_id="b", was_clean=True)])
    assert added.seq == 5
    assert ledger.verify() == (4, (5, added.hash), None)


@pytest.mark.parametrize(
    ("name", "held", "found"),
    [("schema-1.sql", [], 0), ("schema-2.sql", [("0.9", "a"), ("1.0", "b")], 1)],
)
def test_what_it_held_is_known_and_an_older_one_held_nothing(name, held, found, url, open_ledger):
    load(url, Path(__file__).parent / name)
    state = restore(open_ledger(url), apply)
    assert [(key.version, key.build) for key in state.holds] == held
    assert state.detections.count == found


def test_an_empty_database_becomes_what_is_declared(url, connection):
    with connection.begin():
        assert migrate(connection, url) == len(STEPS)
    with connection.begin():
        found = inspect(connection)
        assert set(found.get_table_names()) == set(TABLES.tables)
        for name, table in TABLES.tables.items():
            columns = found.get_columns(name)
            assert [column["name"] for column in columns] == [column.name for column in table.columns]
            assert [column["nullable"] for column in columns] == [column.nullable for column in table.columns]
            assert found.get_pk_constraint(name)["constrained_columns"] == list(table.primary_key.columns.keys())
            indexes = {index["name"]: index["column_names"] for index in found.get_indexes(name)}
            assert indexes == {index.name: list(index.columns.keys()) for index in table.indexes}
        assert migrate(connection, url) == 0
        assert schema_of(connection) == str(len(STEPS))


def test_missing_steps_are_taken_in_order_and_the_number_is_kept(url, connection):
    taken = []
    steps = [*STEPS, lambda _: taken.append("second"), lambda _: taken.append("third")]
    with connection.begin():
        migrate(connection, url, STEPS)
    with connection.begin():
        assert migrate(connection, url, steps) == 2
    with connection.begin():
        assert migrate(connection, url, steps) == 0
        assert schema_of(connection) == str(len(STEPS) + 2)
    assert taken == ["second", "third"]


def test_a_step_that_fails_leaves_the_schema_as_it_was(url, connection):
    def fail(connection):
        connection.execute(text("CREATE TABLE half (done INTEGER)"))
        raise ZeroDivisionError

    with connection.begin():
        migrate(connection, url)
    with pytest.raises(ZeroDivisionError), connection.begin():
        migrate(connection, url, [*STEPS, lambda at: at.execute(text("CREATE TABLE whole (done INTEGER)")), fail])
    with connection.begin():
        assert set(inspect(connection).get_table_names()) == set(TABLES.tables)
        assert schema_of(connection) == str(len(STEPS))


def test_a_newer_schema_is_refused_by_name(url, open_ledger):
    open_ledger(url).close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(TO_NUMBER, {"number": str(len(STEPS) + 1)})
    engine.dispose()
    with pytest.raises(LedgerError) as caught:
        Ledger.open(url)
    assert caught.value.database in str(caught.value)
    assert caught.value.database.rpartition("/")[2].partition("?")[0] in url
    assert f"schema {len(STEPS) + 1} and this release knows {len(STEPS)}" in str(caught.value)


@pytest.mark.parametrize("value", ["x", "-1", ""])
def test_a_number_that_is_none_is_refused(value, url, connection):
    with connection.begin():
        migrate(connection, url)
        connection.execute(TO_NUMBER, {"number": value})
        with pytest.raises(LedgerError, match="no ledger"):
            migrate(connection, url)
