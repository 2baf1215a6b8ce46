from collections import Counter

from tests.timekeeper.simulation.scenario import draw
from tests.timekeeper.simulation.troubles import befall


def test_every_trouble_befalls_some_cluster_and_most_have_none():
    seen = Counter()
    for seed in range(200):
        before, scenario = draw(seed), befall(draw(seed))
        assert scenario == befall(draw(seed))
        seen["runaway"] += any(abs(host.clock.drift_ppm) >= 300 for host in scenario.hosts)
        seen["slewed"] += any(host.clock.slews for host in scenario.hosts)
        seen["leap"] += any(host.leap == "insert" and abs(host.clock.offset_s) > 0.9 for host in scenario.hosts)
        seen["smear"] += any(host.smear for host in scenario.hosts)
        seen["hides"] += any(host.hides for host in scenario.hosts)
        seen["none"] += [host.clock for host in before.hosts] == [host.clock for host in scenario.hosts]
    assert seen["none"] > 80
    assert min(seen.values()) >= 3, seen


def test_words_are_of_different_ages():
    ages_s = [host.phase_s for seed in range(20) for host in befall(draw(seed)).hosts]
    assert 0.5 <= min(ages_s) < 2
    assert 8 < max(ages_s) <= 10
