from collections import deque

from simulation.census import take_census


def test_everything_that_can_grow_is_counted(make_core_with):
    core = make_core_with(links={1: [1, 2, 3], 2: []}, queue=deque([1]), kept=deque([1], maxlen=5), fixed=(1, 2))
    assert take_census(core) == {"Registry.links": 2, "Registry.links[]": 3, "Registry.queue": 1}


def test_what_refers_to_itself_is_counted_once(make_core_with):
    core = make_core_with(others=[])
    core.others.append(core)
    assert take_census(core) == {"Registry.others": 1}
