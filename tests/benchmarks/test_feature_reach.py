import pytest

from benchmarks.feature_reach import HOSTS, Reach, ReachPlan, measure_reach
from benchmarks.features import FeatureFigures
from benchmarks.features_results import judge_features, reach_table

REACH = Reach(
    off_s=[0.05] * 99 + [3.0],
    apart_s=[0.04] * 98 + [1.1] * 2,
    flags=10_000,
    spread_s=1.5,
    cpu_s={"router": [0.2, 0.1, 0.1, 0.1, 0.1], "canary": [0.8, 0.5, 0.5, 0.6, 0.5]},
    cores=2,
)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.takes(8)
def test_a_feature_is_switched_and_many_flags_spread_on_five_hosts():
    reach = measure_reach(ReachPlan(switches=2, flags=200))
    assert [len(taken) for taken in (reach.off_s, reach.apart_s)] == [2, 2]
    assert min(*reach.off_s, *reach.apart_s, reach.spread_s, reach.rejoined_s) > 0
    assert {kind: len(taken) for kind, taken in reach.cpu_s.items()} == dict.fromkeys(
        ("router", "canary", "service"), HOSTS
    )


def test_one_of_a_hundred_may_be_late_and_two_may_not():
    bars = judge_features(FeatureFigures(reach=REACH))
    assert [(bar.found, bar.met) for bar in bars] == [
        ("p50 50, p99 50 ms", True),
        ("p50 40, p99 1100 ms", False),
        ("1.50 s; 2 cores have 1.75 s of work each", True),
    ]


def test_each_kind_of_process_has_its_row():
    assert (reach_table(REACH).row_count, reach_table(None).row_count) == (2, 0)
