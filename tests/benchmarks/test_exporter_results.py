"""/metrics held against its bars, and shown."""

from dataclasses import replace

import pytest

from benchmarks.bars import MIB
from benchmarks.exporter_load import ScrapeFigures
from benchmarks.exporter_report import exporter_tables
from benchmarks.exporter_results import ExporterResults, judge_exporter

GROWING = [(500, 10 * MIB), *((1_000 * number, 50 * MIB + number * MIB // 5) for number in range(1, 11))]
SCRAPE = "scrape of 200 hosts, 1,000 instances"
FIGURES = ScrapeFigures(
    hosts=200,
    instances=1_000,
    series=10_802,
    page_bytes=800 * 1024,
    wire_bytes=60 * 1024,
    plain_s=[0.1, 0.2],
    times_s=[0.15] * 10_000,
    cpu_s=0.03,
    resident=[(500, 50 * MIB), (1_000, 95 * MIB), (3_000, 97 * MIB), (6_000, 94 * MIB), (10_000, 96 * MIB)],
)


def missed(**changed):
    return [bar.what for bar in judge_exporter(ExporterResults(replace(FIGURES, **changed))) if not bar.met]


def test_what_keeps_to_the_bars_meets_them():
    assert missed() == []
    bars = judge_exporter(ExporterResults(FIGURES))
    assert [bar.found for bar in bars] == ["150 ms", "150 ms", "30 ms", "96.0 MiB", "+1.0 MiB"]


@pytest.mark.parametrize(
    ("changed", "which"),
    [
        ({"times_s": [0.16] * 100}, [f"{SCRAPE}, p50", f"{SCRAPE}, p99"]),
        ({"times_s": [0.1] * 98 + [0.2] * 2}, [f"{SCRAPE}, p99"]),
        ({"resident": [(10_000, 96 * MIB + 1)]}, ["exporter resident after 10,000 scrapes"]),
        ({"resident": GROWING}, ["growth from 1,000 to 10,000 scrapes"]),
    ],
    ids=["slow", "slow-at-times", "large", "growing"],
)
def test_what_is_too_slow_or_too_large_is_told(changed, which):
    assert missed(**changed) == which


def test_a_short_run_says_what_it_found_of_memory_and_is_not_held_to_it():
    assert missed(resident=[(10, 90 * MIB), (200, 200 * MIB)]) == []


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert [table.row_count for table in exporter_tables(ExporterResults(FIGURES))] == [2, 5]
    assert judge_exporter(ExporterResults()) == []
    assert [table.row_count for table in exporter_tables(ExporterResults())] == [0, 0]


def test_one_look_at_a_moment_of_need_is_no_growth():
    steady = [(1_000 * number, 50 * MIB) for number in range(1, 11)]
    assert missed(resident=[*steady[:4], (4_500, 80 * MIB), *steady[4:]]) == []
