"""Whom the exporter asks."""

from exporters.targets import TARGETS


def test_each_target_is_a_service_of_its_own():
    assert [target.service for target in TARGETS] == ["communicatord", "timekeeper", "canary"]


def test_the_metrics_of_a_target_carry_its_prefix():
    for target in TARGETS:
        assert {metric.name.startswith(f"{target.prefix}_") for metric in target.definitions} == {True}
