from dataclasses import replace

import pytest

from benchmarks.book_costs import CHANGED, IDLE, OPEN, ROUND, BookFigures
from benchmarks.book_results import BookResults, book_table, judge_book
from benchmarks.results import Results, judge

CPU_S = {IDLE: 1e-4, CHANGED: 1e-3, ROUND: 1e-4, OPEN: 1.0}
FIGURES = BookFigures(10_000, 2_000, 200, 8 * 1024 * 1024, 9 * 1024 * 1024, 16 * 1024, CPU_S)


def test_what_keeps_to_the_bars_meets_them():
    bars = judge(Results(book=BookResults(FIGURES)))
    assert [bar.met for bar in bars] == [True] * 6
    assert bars[0].what == "book of 10,000 orders"
    assert [bar.found for bar in bars] == ["8.0 MiB", "9.0 MiB", "16.0 KiB", "0.100 ms", "1.000 ms", "0.100 ms"]


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"memory_bytes": 9 * 1024 * 1024}, ["book of 10,000 orders"]),
        ({"round_bytes": 16 * 1024 + 1}, ["book, digests to each host"]),
        ({"cpu_s": {**CPU_S, CHANGED: 1.1e-3}}, [f"book, {CHANGED}"]),
    ],
    ids=["memory", "bytes", "turn"],
)
def test_what_is_too_much_is_told(changed, missed):
    bars = judge_book(BookResults(replace(FIGURES, **changed)))
    assert [bar.what for bar in bars if not bar.met] == missed


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert book_table(BookResults(FIGURES)).row_count == 4
    assert (judge_book(BookResults()), book_table(BookResults()).row_count) == ([], 0)
