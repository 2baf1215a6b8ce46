"""What the exporter looks at."""

import pytest

from exporters.collectors.settings import CollectorsSettings
from exporters.collectors.targets import COLLECTORS, TARGETS, select_targets


def test_each_collector_has_one_target_and_one_setting():
    assert tuple(target.name for target in select_targets(cluster=False)) == COLLECTORS
    assert CollectorsSettings().names == COLLECTORS


def test_all_that_may_be_on_a_page_is_defined():
    assert [table.name for table in TARGETS] == [*COLLECTORS, "exporter"]


@pytest.mark.parametrize("left_out", COLLECTORS)
def test_a_collector_may_be_left_out(left_out):
    names = CollectorsSettings(**{left_out: False}).names
    gone = {"canary", "deployments", "shadows", "features"} if left_out == "canary" else {left_out}
    assert [target.name for target in select_targets(cluster=True, names=names)] == [
        name for name in COLLECTORS if name not in gone
    ]


def test_the_metrics_of_a_target_carry_its_prefix():
    for target in select_targets(cluster=False):
        assert {metric.name.startswith(f"{target.prefix}_") for metric in target.definitions} == {True}


def test_what_other_hosts_do_makes_no_further_metrics():
    alone, cluster = (select_targets(cluster=cluster) for cluster in (False, True))
    assert [target.definitions for target in alone] == [target.definitions for target in cluster]
