import asyncio
from dataclasses import dataclass

import pytest

from canary.ledger.errors import LedgerError
from canary.ledger.integrity import Fault
from canary.ledger.store import Ledger
from canary.records import (
    Actor,
    CellKey,
    Frozen,
    Overridden,
    OverrideEnded,
    RunBegan,
    ServerLost,
    Started,
    Stopped,
    VersionJudged,
)
from tests.canary.ledger.records_made import CELL, rewrite, runs

OTHER = CELL._replace(server="beta")
ACTOR = Actor(user="root", server="alpha")


async def test_what_is_appended_is_there_in_order_and_stays(path, open_ledger, clocks):
    ledger = open_ledger(path)
    assert ledger.last_seq == 0
    one = await ledger.append(runs(2))
    clocks.pass_(12.5)
    other = await ledger.append([Stopped()])
    assert [(entry.seq, entry.at_s, entry.wall_s) for entry in [*one, *other]] == [
        (1, 0.0, 1_700_000_000.0),
        (2, 0.0, 1_700_000_000.0),
        (3, 12.5, 1_700_000_012.5),
    ]
    assert [entry.record for entry in [*one, *other]] == [*runs(2), Stopped()]
    assert list(ledger.entries()) == [*one, *other]
    assert list(ledger.entries(after_seq=2)) == other
    assert list(ledger.entries(after_seq=3)) == []
    assert ledger.last_seq == 3
    assert ledger.verify() == (3, None)
    ledger.close()
    again = open_ledger(path)
    assert again.ledger_id == ledger.ledger_id
    assert again.last_seq == 3
    assert list(again.entries()) == [*one, *other]
    assert again.verify() == (3, None)
    assert (await again.append([Stopped()]))[0].seq == 4
    assert again.verify().checked == 4


async def test_nothing_can_be_appended_and_changes_nothing(path, open_ledger):
    ledger = open_ledger(path)
    assert await ledger.append([]) == []
    assert ledger.last_seq == 0


async def test_its_clock_goes_on_over_lives_and_boots(path, open_ledger, clocks):
    ledger = open_ledger(path)
    clocks.pass_(10)
    await ledger.append([Stopped()])
    clocks.pass_(5)
    assert ledger.now_s() == 15.0
    clocks.wall_s -= 3_600
    assert ledger.now_s() == 15.0
    ledger.close()
    clocks.monotonic_s += 5
    ledger = open_ledger(path)
    assert ledger.now_s() == 20.0
    assert (await ledger.append([Stopped()]))[0].at_s == 20.0
    ledger.close()
    clocks.boot_id, clocks.monotonic_s, clocks.wall_s = "second", 3.0, clocks.wall_s + 60
    ledger = open_ledger(path)
    assert ledger.now_s() == 80.0
    assert (await ledger.append([Stopped()]))[0].at_s == 80.0


async def test_appends_at_the_same_time_keep_their_order_and_stay_together(path, open_ledger):
    ledger = open_ledger(path)
    answers = await asyncio.gather(*(ledger.append(runs(1 + number % 3, number * 10)) for number in range(200)))
    entries = [entry for answer in answers for entry in answer]
    assert [entry.seq for entry in entries] == list(range(1, 400))
    assert [entry.record.run_id for answer in answers for entry in answer] == [
        f"run-{number * 10 + part}" for number in range(200) for part in range(1 + number % 3)
    ]
    assert list(ledger.entries()) == entries
    assert ledger.verify().fault is None


async def test_what_has_no_encoding_costs_nobody_else_anything(path, open_ledger):
    ledger = open_ledger(path)
    good = ledger.append(runs(1))
    with pytest.raises(ValueError, match="surrogates"):
        await ledger.append([ServerLost(server="\ud800")])
    assert len(await good) == 1


@pytest.mark.parametrize("odd", ["", "*", "it's", '"', "\\", "\0", "\n", "é€𝄞", "%s", ":name", "; DROP TABLE entries"])
async def test_any_names_are_stored_and_found(odd, path, open_ledger):
    ledger = open_ledger(path)
    cell = CellKey(odd, odd, odd, odd)
    (entry,) = await ledger.append([RunBegan(run_id=odd, **cell._asdict())])
    assert ledger.entries_of(cell) == [entry] == list(ledger.entries())
    assert ledger.verify().fault is None


async def test_what_is_about_a_cell_is_found_alone_and_with_others(path, open_ledger):
    ledger = open_ledger(path)
    version = {"service": "printer", "version": "1.0"}
    override = {"action": "allow", "reason": "r", "actor": ACTOR, "until_at_s": 9.0}
    records = [
        (Started(release="1", boot_id="b", was_clean=True), False),
        (RunBegan(run_id="r", **CELL._asdict()), True),
        (RunBegan(run_id="r", **OTHER._asdict()), False),
        (RunBegan(run_id="r", **CELL._replace(version="2.0")._asdict()), False),
        (RunBegan(run_id="r", **CELL._replace(build="c")._asdict()), False),
        (RunBegan(run_id="r", **CELL._replace(service="mailer")._asdict()), False),
        (VersionJudged(build="b", state="held", rule="c", **version), True),
        (VersionJudged(build="c", state="held", rule="c", **version), False),
        (ServerLost(server="alpha"), True),
        (ServerLost(server="beta"), False),
        (Frozen(is_on=True), True),
        (Frozen(is_on=True, scope="printer"), True),
        (Frozen(is_on=True, scope="mailer"), False),
        (Overridden(number=1, **version, **override), True),
        (Overridden(number=2, server="beta", **version, **override), False),
        (OverrideEnded(number=1, cause="expired"), True),
        (OverrideEnded(number=2, cause="expired"), False),
    ]
    entries = await ledger.append([record for record, _ in records])
    expected = [entry for entry, (_, is_found) in zip(entries, records, strict=True) if is_found]
    assert ledger.entries_of(CELL) == expected
    assert ledger.entries_of(CELL, limit=3) == [expected[-2], expected[-1]], "the third was of another cell's override"


async def test_a_cell_is_found_by_an_index_however_many_entries_there_are(path, open_ledger, monkeypatch):
    ledger = open_ledger(path)
    asked = []

    def trace(connect=ledger._database.connect):
        connection = connect()
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(ledger._database, "connect", trace)
    ledger.entries_of(CELL)
    (query,) = [statement for statement in asked if statement.lstrip().startswith("SELECT")]
    with ledger._database.reading() as connection:
        plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert any(
        "USING COVERING INDEX entries_by_cell (service=? AND server=? AND version=? AND build=?)" in step
        for step in plan
    )
    assert not any(step.startswith("SCAN") for step in plan)


async def test_readers_see_what_was_there_when_they_began(path, open_ledger):
    ledger = open_ledger(path)
    await ledger.append(runs(3))
    reader = ledger.entries()
    assert next(reader).seq == 1
    await ledger.append(runs(3))
    assert [entry.seq for entry in reader] == [2, 3]


@dataclass(frozen=True)
class Tampering:
    name: str
    statement: str
    fault: Fault


CHANGED = "entry {} is not what was written"


@pytest.mark.parametrize(
    "case",
    [
        Tampering(
            "record",
            "UPDATE entries SET payload = replace(payload, 'printer', 'pointer') WHERE seq = 2",
            Fault(2, CHANGED.format(2)),
        ),
        Tampering("time", "UPDATE entries SET at_s = at_s + 1 WHERE seq = 3", Fault(3, CHANGED.format(3))),
        Tampering(
            "no text", "UPDATE entries SET payload = CAST(x'7bff7d' AS TEXT) WHERE seq = 4", Fault(4, CHANGED.format(4))
        ),
        Tampering("another type", "UPDATE entries SET payload = x'7b7d' WHERE seq = 4", Fault(4, CHANGED.format(4))),
        Tampering("gap", "DELETE FROM entries WHERE seq = 2", Fault(2, "entry 2 is missing")),
        Tampering("beginning", "DELETE FROM entries WHERE seq = 1", Fault(1, "entry 1 is missing")),
        Tampering(
            "end",
            "DELETE FROM entries WHERE seq > 3",
            Fault(4, "entry 3 is the last, and should be followed by others up to 5"),
        ),
        Tampering(
            "all", "DELETE FROM entries", Fault(1, "entry 0 is the last, and should be followed by others up to 5")
        ),
    ],
    ids=lambda case: case.name,
)
async def test_what_was_changed_behind_our_back_is_found(case, path, open_ledger):
    ledger = open_ledger(path)
    await ledger.append(runs(5))
    rewrite(ledger, case.statement)
    assert ledger.verify().fault == case.fault


async def test_a_torn_file_is_found(path, open_ledger):
    with open_ledger(path) as ledger:
        await ledger.append(runs(2_000))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * 8_192)
    fault = open_ledger(path).verify().fault
    assert fault is not None


async def test_a_record_of_a_newer_release_is_named(path, open_ledger):
    ledger = open_ledger(path)
    await ledger.append(runs(2))
    rewrite(ledger, """UPDATE entries SET payload = '{"record":"moon_rose"}' WHERE seq = 2""")
    reader = ledger.entries()
    assert next(reader).seq == 1
    with pytest.raises(LedgerError, match="entry 2 is no record known to this release") as caught:
        next(reader)
    assert caught.value.database == ledger.name


async def test_what_waits_when_it_is_closed_is_written(path, open_ledger):
    ledger = open_ledger(path)
    waiting = asyncio.gather(*(ledger.append(runs(1, number)) for number in range(50)))
    await asyncio.sleep(0)  # lets them be called, not answered
    ledger.close()
    assert [entry.seq for (entry,) in await waiting] == list(range(1, 51))
    with pytest.raises(LedgerError, match="it is closed"):
        await ledger.append(runs(1))
    assert open_ledger(path).last_seq == 50


def test_it_can_be_had_as_soon_as_it_is_closed(path):
    for _ in range(20):
        Ledger.open(path).close()


def test_a_ledger_is_closed_at_the_end_of_its_block(path):
    with Ledger.open(path) as ledger, pytest.raises(LedgerError, match="another process has it open"):
        Ledger.open(path)
    with Ledger.open(path) as again:
        assert again.ledger_id == ledger.ledger_id
