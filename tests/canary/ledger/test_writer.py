import asyncio
import sqlite3
from contextlib import closing

import pytest

from canary.ledger import writer
from canary.ledger.errors import LedgerError
from tests.canary.ledger.records_made import runs

PATIENCE_S = 50.0
"""Longer than what is in the way lasts, on a busy machine too."""


def committed(ledger):
    """A list that grows by one with each transaction."""
    commits = []
    ledger._writer._connection.set_trace_callback(lambda said: said == "COMMIT" and commits.append(said))
    return commits


def numbers(ledger):
    return [entry.record.run_id for entry in ledger.entries()]


def lock(path):
    """Somebody else who writes to the file."""
    other = sqlite3.connect(path, isolation_level=None)
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


async def test_what_waits_becomes_one_transaction(path, open_ledger, begin):
    ledger = open_ledger(path, patience_s=PATIENCE_S)
    commits = committed(ledger)
    with lock(path) as other:
        first = await begin(ledger)
        rest = [asyncio.get_running_loop().create_task(ledger.append(runs(1, number))) for number in range(1, 500)]
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    answers = await asyncio.gather(first, *rest)
    assert [entry.seq for (entry,) in answers] == list(range(1, 501))
    assert len(commits) == 2


async def test_a_group_is_bounded_and_a_single_append_is_not(path, open_ledger):
    ledger = open_ledger(path)
    commits = committed(ledger)
    await ledger.append(runs(2 * writer.GROUP_RECORDS))
    assert len(commits) == 1
    await asyncio.gather(*(ledger.append(runs(writer.GROUP_RECORDS // 2 + 1)) for _ in range(6)))
    assert len(commits) == 7


async def test_too_many_that_wait_are_refused_and_the_others_written(path, open_ledger, begin):
    ledger = open_ledger(path, patience_s=PATIENCE_S)
    with lock(path) as other:
        waiting = [await begin(ledger)]
        waiting += [asyncio.get_running_loop().create_task(ledger.append(runs(1_000))) for _ in range(25)]
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LedgerError)]
    assert len(refused) == 5
    assert "records wait to be written already" in str(refused[0])
    assert ledger.failed_appends == len(refused)
    assert ledger.last_seq == sum(len(answer) for answer in answers if not isinstance(answer, LedgerError))
    assert (await ledger.append(runs(1)))[0].seq == ledger.last_seq


async def test_an_append_that_was_cancelled_while_it_waited_is_not_written(path, open_ledger, begin):
    ledger = open_ledger(path, patience_s=PATIENCE_S)
    with lock(path) as other:
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
    assert ledger.verify().fault is None


async def test_a_locked_file_fails_the_append_by_name_and_the_next_one_succeeds(path, open_ledger):
    ledger = open_ledger(path, patience_s=0.05)
    await ledger.append(runs(1))
    with lock(path), pytest.raises(LedgerError, match=r"canary\.db: database is locked"):
        await ledger.append(runs(1, 1))
    assert ledger.failed_appends == 1
    assert ledger.last_seq == 1
    (entry,) = await ledger.append(runs(1, 2))
    assert entry.seq == 2
    assert numbers(ledger) == ["run-0", "run-2"]
    assert ledger.verify().fault is None


async def test_what_somebody_else_has_written_is_not_overwritten(path, open_ledger):
    """Whoever opens the ledger in spite of the lock makes an append fail."""
    ledger = open_ledger(path, patience_s=0.05)
    await ledger.append(runs(1))
    with lock(path) as other:
        other.execute("INSERT INTO entries VALUES (2, 0, 0, '', '', '', '', '{}', 0)")
        other.execute("COMMIT")
    with pytest.raises(LedgerError, match=r"(?i)unique"):
        await ledger.append(runs(1, 1))
    assert ledger.last_seq == 1
