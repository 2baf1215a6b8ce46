import asyncio
import sqlite3
import tempfile
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from canary.ledger import writer
from canary.ledger.chain import Link, hash_of
from canary.ledger.errors import LedgerError
from canary.ledger.schema import ENTRIES, HEAD
from tests.canary.ledger.proxy import Proxy
from tests.canary.ledger.records_made import runs

PATIENCE_S = 50.0
"""Longer than what is in the way lasts, on a busy machine too."""


def committed(ledger):
    """A list that grows by one with each transaction."""
    commits = []
    event.listen(ledger._database._engine, "commit", commits.append)
    return commits


def numbers(ledger):
    return [entry.record.run_id for entry in ledger.entries()]


def lock(url):
    """Somebody else who writes to the file."""
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return closing(other)


@pytest.fixture
def begin(eventually):
    """Appends one run, and waits until the writer is at it; what comes later waits for the next transaction."""

    async def begin(ledger):
        async def waiting():
            return ledger._writer._waiting_records

        task = asyncio.get_running_loop().create_task(ledger.append(runs(1)))
        await asyncio.sleep(0)
        await eventually(waiting, lambda count: count == 0)
        return task

    return begin


@pytest.fixture
def proxy(postgresql):
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        proxy = Proxy(Path(folder), postgresql.folder)
        yield proxy
        proxy.close()


@pytest.fixture
def proxied_url(proxy, postgresql):
    return postgresql.new_url().replace(str(postgresql.folder), str(proxy.folder))


async def test_what_waits_becomes_one_transaction(sqlite_url, open_ledger, begin):
    ledger = open_ledger(sqlite_url, patience_s=PATIENCE_S)
    commits = committed(ledger)
    with lock(sqlite_url) as other:
        first = await begin(ledger)
        rest = [asyncio.get_running_loop().create_task(ledger.append(runs(1, number))) for number in range(1, 500)]
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    answers = await asyncio.gather(first, *rest)
    assert [entry.seq for (entry,) in answers] == list(range(1, 501))
    assert len(commits) == 2


async def test_a_group_is_bounded_and_a_single_append_is_not(sqlite_url, open_ledger):
    ledger = open_ledger(sqlite_url)
    commits = committed(ledger)
    await ledger.append(runs(2 * writer.GROUP_RECORDS))
    assert len(commits) == 1
    await asyncio.gather(*(ledger.append(runs(writer.GROUP_RECORDS // 2 + 1)) for _ in range(6)))
    assert len(commits) == 7


async def test_too_many_that_wait_are_refused_and_the_others_written(sqlite_url, open_ledger, begin):
    ledger = open_ledger(sqlite_url, patience_s=PATIENCE_S)
    with lock(sqlite_url) as other:
        waiting = [await begin(ledger)]
        waiting += [asyncio.get_running_loop().create_task(ledger.append(runs(1_000))) for _ in range(25)]
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LedgerError)]
    assert len(refused) == 5
    assert "records wait to be written already" in str(refused[0])
    assert ledger.failed_appends == len(refused)
    assert ledger.last.seq == sum(len(answer) for answer in answers if not isinstance(answer, LedgerError))
    assert (await ledger.append(runs(1)))[0].seq == ledger.last.seq


async def test_an_append_that_was_cancelled_while_it_waited_is_not_written(sqlite_url, open_ledger, begin):
    ledger = open_ledger(sqlite_url, patience_s=PATIENCE_S)
    with lock(sqlite_url) as other:
        first = await begin(ledger)
        given_up = asyncio.get_running_loop().create_task(ledger.append(runs(1, 1)))
        last = asyncio.get_running_loop().create_task(ledger.append(runs(1, 2)))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    await asyncio.gather(first, last)
    assert numbers(ledger) == ["run-0", "run-2"]
    assert given_up.cancelled()
    assert ledger.verify().broken is None


async def test_a_locked_file_fails_the_append_by_name_and_the_next_one_succeeds(sqlite_url, open_ledger):
    ledger = open_ledger(sqlite_url, patience_s=0.05)
    await ledger.append(runs(1))
    with lock(sqlite_url), pytest.raises(LedgerError, match=r"canary\.db: database is locked"):
        await ledger.append(runs(1, 1))
    assert ledger.failed_appends == 1
    assert ledger.last.seq == 1
    (entry,) = await ledger.append(runs(1, 2))
    assert entry.seq == 2
    assert numbers(ledger) == ["run-0", "run-2"]
    assert ledger.verify().broken is None


async def test_what_somebody_else_has_written_is_not_overwritten(url, open_ledger):
    """Whoever opens the ledger in spite of the lock makes an append fail; then both see one chain."""
    ledger = open_ledger(url, patience_s=0.05)
    (first,) = await ledger.append(runs(1))
    with ledger._database._engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO entries VALUES (2, 0, 0, '', '', '', '', '{{}}', '{first.hash}')")
    with pytest.raises(LedgerError, match=r"(?i)unique"):
        await ledger.append(runs(1, 1))
    assert ledger.last.seq == 1


async def test_a_connection_that_was_cut_is_made_again(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url())
    for number in range(3):
        (entry,) = await ledger.append(runs(1, number))
        assert entry.seq == number + 1
        assert postgresql.cut() >= 1
    assert numbers(ledger) == ["run-0", "run-1", "run-2"]
    assert ledger.failed_appends == 0


async def test_while_the_server_is_away_appends_fail_and_afterwards_they_do_not(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url(), patience_s=0.1)
    await ledger.append(runs(1))
    postgresql.stop()
    try:
        with pytest.raises(LedgerError) as caught:
            await ledger.append(runs(1, 1))
        assert caught.value.may_pass
        assert ledger.name in str(caught.value)
        assert "a-secret" not in "".join(traceback.format_exception(caught.value))
        with pytest.raises(LedgerError, match=ledger.name):
            list(ledger.entries())
    finally:
        postgresql.start()
    (entry,) = await ledger.append(runs(1, 2))
    assert entry.seq == 2
    assert numbers(ledger) == ["run-0", "run-2"]
    assert ledger.failed_appends == 1


async def test_a_server_that_comes_back_in_time_costs_nobody_anything(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url(), patience_s=PATIENCE_S)
    await ledger.append(runs(1))
    postgresql.stop()
    try:
        waiting = asyncio.gather(*(ledger.append(runs(1, number)) for number in range(1, 20)))
        await asyncio.sleep(0)
    finally:
        postgresql.start()
    await waiting
    assert numbers(ledger) == [f"run-{number}" for number in range(20)]
    assert ledger.verify().broken is None


async def test_a_server_that_lost_its_power_has_all_that_was_acknowledged(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url(), patience_s=PATIENCE_S)
    entries = await ledger.append(runs(5))
    postgresql.stop(how=9)
    postgresql.start()
    assert list(ledger.entries()) == entries
    assert (await ledger.append(runs(1)))[0].seq == 6


@pytest.mark.parametrize("lost", [1, 3])
async def test_a_commit_whose_answer_was_lost_is_not_made_twice(lost, proxy, proxied_url, open_ledger):
    ledger = open_ledger(proxied_url, patience_s=PATIENCE_S)
    await ledger.append(runs(1))
    proxy.lose_answers = lost
    entries = await ledger.append(runs(3, 1))
    assert proxy.lose_answers == 0
    assert [entry.seq for entry in entries] == [2, 3, 4]
    assert numbers(ledger) == ["run-0", "run-1", "run-2", "run-3"]
    assert ledger.verify() == (4, ledger.last, None)


async def test_a_commit_that_nobody_heard_of_shows_as_a_gap(proxy, proxied_url, open_ledger):
    ledger = open_ledger(proxied_url, patience_s=0.1)
    await ledger.append(runs(1))
    proxy.lose_answers, proxy.is_open = 1, False
    with pytest.raises(LedgerError):
        await ledger.append(runs(1, 1))
    proxy.is_open = True
    (entry,) = await ledger.append(runs(1, 2))
    assert entry.seq == 3
    assert numbers(ledger) == ["run-0", "run-1", "run-2"]
    assert ledger.verify().broken is None


async def test_time_does_not_go_back_behind_what_somebody_else_has_written(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url())
    (first,) = await ledger.append(runs(1))
    theirs = hash_of(first.hash, 2, 100.0, 0.0, '{"record":"stopped"}')
    with ledger._database._engine.begin() as connection:
        connection.execute(ENTRIES.insert(), Link(2, 100.0, 0.0, '{"record":"stopped"}', theirs)._asdict())
        connection.execute(HEAD.update(), {"seq": 2, "hash": theirs, "at_s": 100.0})
    postgresql.cut()
    (entry,) = await ledger.append(runs(1))
    assert (entry.seq, entry.at_s) == (3, 100.0)
    assert ledger.verify() == (3, ledger.last, None)


async def test_closing_does_not_wait_for_a_server_that_is_away(postgresql, open_ledger):
    ledger = open_ledger(postgresql.new_url(), patience_s=600)
    postgresql.stop()
    try:
        waiting = asyncio.gather(ledger.append(runs(1)), return_exceptions=True)
        await asyncio.sleep(0)
        await asyncio.to_thread(ledger.close)
        assert [type(answer) for answer in await waiting] == [LedgerError]
    finally:
        postgresql.start()
