"""Five real routers with canaries deploy to a service that is spoken to, once; how fast they are, is no matter of tests."""

import pytest

from benchmarks.deploying import OLD, DeployingPlan, measure_deploying

pytestmark = [pytest.mark.timeout(300), pytest.mark.takes(12)]


def test_nothing_is_lost_or_doubled_and_every_router_obeys():
    found = measure_deploying(DeployingPlan(rounds=1, per_s=1_000))
    assert (found.load.lost, found.load.doubled, found.load.disordered) == (0, 0, 0)
    assert [len(each) for each in (found.switched_s, found.back_s, found.restored_s)] == [1, 1, 1]
    assert sum(found.load.by_version.values()) == found.load.sent
    assert all(found.load.by_version[version] > 0 for version in (OLD, "2.0"))
