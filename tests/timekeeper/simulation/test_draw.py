from collections import Counter

from tests.timekeeper.simulation.draw import draw
from tests.timekeeper.simulation.lies import Kind
from tests.timekeeper.simulation.scenario import Access, Category, Part


def test_a_seed_is_drawn_alike_each_time_and_each_category_has_its_share():
    assert draw(7) == draw(7) != draw(7 + len(Category))
    seen = Counter(draw(seed).category for seed in range(90))
    assert seen == dict.fromkeys(Category, 10)


def test_everything_befalls_some_cluster():
    seen = Counter()
    for seed in range(900):
        scenario = draw(seed)
        seen["dead"] += scenario.dead > 0
        seen["cut"] += bool(scenario.cuts)
        seen["voucher"] += bool(scenario.voucher)
        for host in scenario.hosts:
            seen["set"] += bool(host.clock.steps)
            seen["late"] += host.joins_s > 0
            seen["down"] += bool(host.outages)
            seen["references"] += host.has_references
            seen[host.access] += 1
            seen.update(one.part for one in host.restarts)
            seen[host.lie.kind if host.lie else "honest"] += 1
    named = ("dead", "cut", "voucher", "set", "late", "down", "references", "honest", *Access, *Part, *Kind)
    assert min(seen[name] for name in named) >= 3, seen


def test_hosts_use_sources_that_overlap_without_being_the_same():
    fooled = [host.upstreams for seed in range(1, 90, 9) for host in draw(seed).hosts if "s3" in host.upstreams]
    assert all(len(used) > 1 for used in fooled if "s1" not in used)
