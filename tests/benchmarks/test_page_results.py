import json
from dataclasses import replace

import pytest

from benchmarks.page_load import PageFigures
from benchmarks.page_report import page_tables
from benchmarks.page_results import PageResults, judge_page
from benchmarks.report import to_json
from benchmarks.results import Results, judge

FIGURES = PageFigures(
    hosts=200,
    sizes={"/": 100 * 1024, "/static/page.css": 50 * 1024},
    plain_bytes=1024 * 1024,
    first_s=[0.3, 0.25],
    anew_s=[0.2] * 20,
    shared_s=[0.01] * 100,
)


def test_what_keeps_to_the_bars_meets_them():
    bars = judge(Results(page=PageResults(FIGURES)))
    assert [bar.what.partition(", ")[2] for bar in bars] == [
        "all of it",
        *(f"{what}, {name}" for what in ("first", "asked anew", "shared") for name in ("p50", "p99")),
    ]
    assert {bar.met for bar in bars} == {True}
    assert [bar.found for bar in bars[:3]] == ["150.0 KiB", "250 ms", "300 ms"]


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"sizes": {"/": 150 * 1024, "/static/page.css": 1}}, ["all of it"]),
        ({"first_s": [0.2, 0.31]}, ["first, p99"]),
        ({"anew_s": [0.31, 0.2, 0.31]}, ["asked anew, p50", "asked anew, p99"]),
        ({"shared_s": [0.01] * 98 + [0.4] * 2}, ["shared, p99"]),
    ],
    ids=["size", "first", "anew", "shared"],
)
def test_what_is_too_large_or_too_late_is_told(changed, missed):
    bars = judge_page(PageResults(replace(FIGURES, **changed)))
    assert [bar.what.partition(", ")[2] for bar in bars if not bar.met] == missed


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert [table.row_count for table in page_tables(PageResults(FIGURES))] == [3, 3]
    assert judge_page(PageResults()) == []
    assert [table.row_count for table in page_tables(PageResults())] == [0, 0]


def test_the_figures_are_there_for_machines():
    results = Results(page=PageResults(FIGURES))
    told = json.loads(to_json(results, judge(results)))
    assert told["page"]["figures"]["sizes"] == FIGURES.sizes
