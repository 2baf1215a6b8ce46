from dataclasses import replace

import pytest

from benchmarks.results import Results, judge
from benchmarks.shadow_path import PathCost
from benchmarks.shadow_results import judge_shadowing, shadow_tables
from benchmarks.shadowing import Halves, Shadowing

PATH = PathCost("healthy", 1.0, 20, [10.0, 10.0, 20.0], [10.5, 10.5, 90.0])
FOUND = Shadowing(
    path=[PATH],
    cpu_us={
        "0.01": Halves([20.0] * 3, [21.0] * 3),
        "1": Halves([20.0] * 3, [80.0] * 3),
        "others": Halves([99.0] * 3, [100.0] * 3),
    },
    p99_s={"0.01": Halves([1.0, 1.1, 1.0], [1.05, 1.1, 1.1])},
    load=0.5,
)


def test_what_keeps_to_the_bars_meets_them():
    bars = judge(Results(shadowing=FOUND))
    assert [(bar.found, bar.met) for bar in bars] == [
        ("1.05 x", True),
        ("1.05 x", True),
        ("1.05 x, chance 1.10 x", True),
        ("0.99 x", True),
    ]


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (replace(FOUND, path=[replace(PATH, on_us=[10.6] * 3)]), "read to write, healthy shadow, share 1, 20 at once"),
        (
            replace(FOUND, cpu_us=FOUND.cpu_us | {"0.01": Halves([20.0], [21.2])}),
            "router for a primary's message, 1 % sampled",
        ),
        (replace(FOUND, p99_s={"1": Halves([1.0, 1.1, 1.0], [1.2] * 3)}), "p99 to the primary, share 1"),
        (
            replace(FOUND, cpu_us=FOUND.cpu_us | {"others": Halves([98.0], [100.0])}),
            "rate of a service without a shadow",
        ),
    ],
    ids=["path", "all", "p99", "others"],
)
def test_what_is_too_much_is_told(found, missed):
    assert [bar.what for bar in judge_shadowing(found) if not bar.met] == [missed]


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert [table.row_count for table in shadow_tables(FOUND)] == [1, 3]
    assert (judge_shadowing(None), [table.row_count for table in shadow_tables(None)]) == ([], [0, 0])


def test_under_which_load_it_ran_is_told():
    assert all("load of 0.5" in str(table.title) for table in shadow_tables(FOUND))
