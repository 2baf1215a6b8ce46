from collections import Counter
from itertools import islice

import pytest

from benchmarks.canary_ledger import again_and_again, measure_ledger, pick_cells
from benchmarks.errors import BenchmarkError
from canary.records import CellKey, CellMoved, RunBegan, RunEnded

CELLS = [CellKey(server, "printer", "1", "") for server in ("alpha", "beta", "gamma")]
MOVED = CellMoved(**CELLS[0]._asdict(), old="unknown", new="observing", rule="run")


def life(cell, number):
    run = {**cell._asdict(), "run_id": f"{cell.server}-{number}"}
    return [RunBegan(**run), RunEnded(**run, outcome="clean", cause="UNREGISTER")]


RECORDS = [*life(CELLS[0], 1), MOVED, *life(CELLS[1], 1), *life(CELLS[1], 2), *life(CELLS[2], 1)]


def test_the_figures_are_of_a_ledger_that_was_filled_and_folded(tmp_path):
    folded = []
    figures = measure_ledger(tmp_path, RECORDS, 700, 110, lambda _, entry: folded.append(entry))
    assert [entry.seq for entry in folded] == list(range(1, 701))
    assert [entry.record for entry in folded[:9]] == RECORDS
    assert folded[-1].at_s == pytest.approx(700 * 0.6)
    assert figures.entries == 700
    assert figures.size_bytes > 700 * 100
    rates = (figures.synced_per_s, figures.single_per_s, figures.grouped_per_s)
    assert min(*rates, figures.verified_s, figures.folded_s, figures.read_cpu_s, figures.explain_s) > 0
    assert 150 <= figures.explained <= 320


def test_what_does_not_hold_so_many_entries_is_no_measurement(tmp_path):
    with pytest.raises(BenchmarkError, match="does not verify"):
        measure_ledger(tmp_path, RECORDS, 100, 110, lambda *_: None)


def test_the_same_records_come_again_as_other_runs():
    found = list(islice(again_and_again(RECORDS), 3 * len(RECORDS)))
    assert found[: len(RECORDS)] == RECORDS
    assert Counter(type(record) for record in found) == {
        kind: 3 * number for kind, number in Counter(type(record) for record in RECORDS).items()
    }
    assert len({record.run_id for record in found if isinstance(record, RunBegan)}) == 3 * 4


@pytest.mark.parametrize(("some", "others"), [(1, [0]), (2, [0, 1, 2]), (3, [0, 1, 2]), (20, [0, 1, 2])])
def test_the_version_with_most_entries_is_among_the_picked(some, others):
    assert pick_cells(RECORDS, some) == [CELLS[1], *(CELLS[number] for number in others)]
