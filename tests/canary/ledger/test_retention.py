import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.judge.state import State
from canary.ledger import retention
from canary.ledger.errors import LedgerError
from canary.ledger.retention import Kept, restore, shorten
from canary.ledger.store import Ledger
from canary.ledger.writer import Writer
from tests.canary.ledger.conftest import Clocks
from tests.canary.ledger.records_made import rewrite, runs

ALL = Kept(span_s=1e9, entries=10**9)


def fold(state: State, entry) -> None:
    """Any fold will do, as long as it depends on each entry and on their order."""
    state.seq = entry.seq
    state.now_s = entry.at_s
    state.leader = f"{len(state.leader)}{entry.record.run_id}"[-300:]
    state.last_block_at_s[entry.record.run_id[-1]] = entry.at_s


@pytest.fixture
async def ledger(path, open_ledger, clocks):
    """Of 20 entries, one each second."""
    ledger = open_ledger(path)
    for number in range(20):
        await ledger.append(runs(1, number))
        clocks.pass_(1.0)
    return ledger


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        pytest.param(ALL, 20, id="all"),
        pytest.param(Kept(span_s=1e9, entries=5), 5, id="newest"),
        pytest.param(Kept(span_s=1e9, entries=19), 19, id="all but one"),
        pytest.param(Kept(span_s=1e9, entries=20), 20, id="just all"),
        pytest.param(Kept(span_s=1e9, entries=0), 0, id="none"),
        pytest.param(Kept(span_s=5.0, entries=1_000), 5, id="young"),
        pytest.param(Kept(span_s=4.5, entries=1_000), 4, id="young, between two"),
        pytest.param(Kept(span_s=5.0, entries=3), 3, id="young, but too many"),
        pytest.param(Kept(span_s=0.0, entries=1_000), 0, id="nothing is so young"),
    ],
)
async def test_what_need_not_be_kept_goes_and_the_fold_stays(kept, left, ledger, open_ledger, path):
    before = restore(ledger, fold)
    assert shorten(ledger, kept, fold, ledger.now_s()) == 20 - left
    assert [entry.seq for entry in ledger.entries()] == list(range(21 - left, 21))
    assert restore(ledger, fold) == before
    assert ledger.verify() == (left, None)
    ledger.close()
    again = open_ledger(path)
    assert restore(again, fold) == before
    assert again.verify() == (left, None)
    (entry,) = await again.append(runs(1, 20))
    assert entry.seq == 21
    assert again.verify().checked == left + 1


async def test_it_goes_on_from_the_snapshot_before(ledger):
    before = restore(ledger, fold)
    for entries, gone in ((12, 8), (12, 0), (7, 5), (20, 0), (0, 7)):
        assert shorten(ledger, Kept(1e9, entries), fold, ledger.now_s()) == gone
        assert restore(ledger, fold) == before
        assert ledger.verify().fault is None
    with ledger._database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM snapshot").fetchone() == (1,)


async def test_entries_go_in_portions(ledger, monkeypatch):
    monkeypatch.setattr(retention, "PORTION_ENTRIES", 4)
    asked = []
    monkeypatch.setattr(Writer, "do", lambda writer, chore, do=Writer.do: asked.append(writer) or do(writer, chore))
    assert shorten(ledger, Kept(1e9, 10), fold, ledger.now_s()) == 10
    assert len(asked) == 1 + 3
    assert [entry.seq for entry in ledger.entries()] == list(range(11, 21))


@pytest.mark.parametrize("moment", range(4))
async def test_ended_at_any_moment_the_fold_is_the_same_and_the_rest_goes_later(moment, ledger, monkeypatch):
    monkeypatch.setattr(retention, "PORTION_ENTRIES", 4)
    before = restore(ledger, fold)
    asked = []

    def end_at_that_moment(writer, chore, do=Writer.do):
        if len(asked) == moment:
            raise LedgerError("here", "the end")
        asked.append(writer)
        return do(writer, chore)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "do", end_at_that_moment)
        with pytest.raises(LedgerError, match="the end"):
            shorten(ledger, Kept(1e9, 10), fold, ledger.now_s())
    assert restore(ledger, fold) == before
    assert ledger.verify().fault is None
    shorten(ledger, Kept(1e9, 9), fold, ledger.now_s())
    assert restore(ledger, fold) == before
    assert [entry.seq for entry in ledger.entries()] == list(range(12, 21))


async def test_nothing_goes_that_no_snapshot_stands_for(ledger):
    ledger.drop(20)
    assert len(list(ledger.entries())) == 20
    shorten(ledger, Kept(1e9, 15), fold, ledger.now_s())
    ledger.drop(20)
    assert len(list(ledger.entries())) == 15


@pytest.mark.parametrize("column", ["state", "at_s"])
async def test_a_snapshot_that_was_changed_is_found(column, ledger):
    shorten(ledger, Kept(1e9, 15), fold, ledger.now_s())
    rewrite(ledger, f"UPDATE snapshot SET {column} = {column} || '1'")
    assert ledger.verify().fault == (5, "the snapshot is not what was written")
    with pytest.raises(LedgerError, match="the snapshot at entry 5 is not what was written"):
        restore(ledger, fold)


async def test_what_follows_the_snapshot_is_still_without_a_gap(ledger):
    shorten(ledger, Kept(1e9, 15), fold, ledger.now_s())
    rewrite(ledger, "DELETE FROM entries WHERE seq = 6")
    assert ledger.verify().fault == (6, "entry 6 is missing")


async def test_a_new_ledger_has_nothing_to_lose(path, open_ledger):
    ledger = open_ledger(path)
    assert restore(ledger, fold) == State()
    assert shorten(ledger, Kept(0, 0), fold, 0.0) == 0
    assert ledger.snapshot() is None


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.floats(0, 5), st.builds(Kept, st.floats(0, 20), st.integers(0, 12))),
        max_size=6,
    )
)
def test_the_fold_is_the_same_whatever_is_kept_and_when(steps):
    """Appended, time passes, shortened, and so on."""
    clocks = Clocks()
    expected = State()
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder, "canary.db"), clocks=clocks) as ledger:
        for count, span_s, kept in steps:
            for entry in asyncio.run(ledger.append(runs(count, ledger.last_seq))):
                fold(expected, entry)
            clocks.pass_(span_s)
            shorten(ledger, kept, fold, ledger.now_s())
            assert restore(ledger, fold) == expected
            assert ledger.verify().fault is None
            assert len(list(ledger.entries())) <= kept.entries
