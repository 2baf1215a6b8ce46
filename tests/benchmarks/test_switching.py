"""Five real routers switch a service back and forth, for a moment; how fast they are, is no matter of tests."""

import pytest

from benchmarks.switching import VERSIONS, SwitchingPlan, measure_switching

pytestmark = [pytest.mark.timeout(300), pytest.mark.takes(5)]


def test_nothing_is_lost_or_doubled_and_every_router_acknowledges():
    found = measure_switching(SwitchingPlan(switches=4, every_s=0.3, per_s=2_000))
    assert (found.lost, found.doubled, found.disordered) == (0, 0, 0)
    assert len(found.acknowledged_s) == 4
    assert sum(found.by_version.values()) == found.sent
    assert all(found.by_version[version] > 0 for version in VERSIONS)
