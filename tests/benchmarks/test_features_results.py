from dataclasses import replace

import pytest

from benchmarks.bars import MIB
from benchmarks.features import Evaluated, FeatureFigures, Loaded
from benchmarks.features_results import features_table, judge_features
from benchmarks.results import Results, judge

LOADED = Loaded(10_000, 2_000_000, 20 * MIB, 68 * MIB, 2.0)
EVALUATED = Evaluated("static", [1.15e-5, 1.1e-5, 3e-5], [1e-5, 1e-5, 2e-5])


def test_what_keeps_to_the_bars_meets_them():
    bars = judge(Results(features=FeatureFigures([EVALUATED], LOADED)))
    assert [(bar.found, bar.met) for bar in bars] == [("1.15 x", True), ("48.0 MiB", True), ("2.00 s", True)]
    assert bars[1].what == "10,000 flags of 200 bytes in a service, added"


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        (FeatureFigures([replace(EVALUATED, ours_s=[1.2e-5] * 3, bare_s=[1e-5] * 3)]), "a static flag evaluated"),
        (FeatureFigures(loaded=replace(LOADED, plain_bytes=19 * MIB)), "10,000 flags of 200 bytes in a service, added"),
        (FeatureFigures(loaded=replace(LOADED, loaded_s=2.1)), "10,000 flags of 200 bytes in a service, loaded"),
    ],
    ids=["ratio", "memory", "time"],
)
def test_what_is_too_much_is_told(figures, missed):
    assert [bar.what for bar in judge_features(figures) if not bar.met] == [missed]


def test_each_flag_has_its_row_and_what_was_not_taken_has_none():
    assert features_table(FeatureFigures([EVALUATED])).row_count == 1
    assert (judge_features(FeatureFigures()), features_table(FeatureFigures()).row_count) == ([], 0)
