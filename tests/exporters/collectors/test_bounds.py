"""How many series a metric may have."""

import pytest

from exporters.collectors.bounds import FLAGS, NAMED, SERIES, series_bound
from exporters.collectors.targets import TARGETS


@pytest.mark.parametrize(
    ("labels", "bound"),
    [
        ((), 1),
        (("peer",), NAMED),
        (("server", "service", "version", "state"), SERIES),
        (("unit", "section", "name"), FLAGS),
        (("name", "unit", "section"), FLAGS),
    ],
    ids=["none", "peer", "four", "flag", "flag-mixed"],
)
def test_a_bound_follows_from_the_labels(labels, bound):
    assert series_bound(labels) == bound


def test_a_label_that_nobody_has_bounded_is_refused():
    with pytest.raises(KeyError):
        series_bound(("colour",))


def test_every_metric_has_a_bound_that_prometheus_can_live_with():
    bounds = [metric.series_max for table in TARGETS for metric in table.definitions]
    assert min(bounds) == 1
    assert max(bounds) <= SERIES
