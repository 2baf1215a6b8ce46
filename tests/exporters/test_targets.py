"""Whom the exporter asks."""

from exporters.targets import TARGETS, select_targets


def test_each_target_is_a_service_of_its_own():
    assert [target.service for target in TARGETS] == ["communicatord", "timekeeper", "canary"]


def test_the_metrics_of_a_target_carry_its_prefix():
    for target in TARGETS:
        assert {metric.name.startswith(f"{target.prefix}_") for metric in target.definitions} == {True}


def test_what_other_hosts_do_makes_no_further_metrics():
    alone, cluster = (select_targets(cluster=cluster) for cluster in (False, True))
    assert [target.definitions for target in alone] == [target.definitions for target in cluster]
