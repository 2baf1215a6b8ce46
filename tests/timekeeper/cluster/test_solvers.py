import pytest

from timekeeper.cluster.solvers import AGENT, AUTO, MANY_HOSTS, SOLVER, SOLVERS, TOLD, agree, choose_solvers


def hosts(count, role=AUTO, first=0):
    return dict.fromkeys((f"h{number:04}" for number in range(first, first + count)), role)


def test_few_hosts_all_solve_but_those_that_never_do():
    found = choose_solvers(hosts(MANY_HOSTS - 1) | {"x": AGENT})
    assert found.solving == hosts(MANY_HOSTS - 1).keys()
    assert found.told is None


def test_of_many_a_few_solve_and_some_more_are_told():
    found = choose_solvers(hosts(1000))
    assert len(found.solving) == SOLVERS
    assert len(found.told) == TOLD
    assert found.solving < found.told


def test_who_is_named_solves_and_who_never_does_is_not_drawn():
    named, agents = hosts(3, SOLVER, first=2000), hosts(100, AGENT)
    found = choose_solvers(hosts(200, first=100) | named | agents)
    assert named.keys() < found.solving
    assert len(found.solving) == SOLVERS
    assert not found.told & agents.keys()
    many = choose_solvers(hosts(200) | hosts(9, SOLVER, first=2000))
    assert many.solving == many.told == hosts(9, SOLVER, first=2000).keys()


def test_a_host_that_joins_or_leaves_changes_little():
    before = choose_solvers(hosts(300))
    for host in hosts(300):
        after = choose_solvers({name: role for name, role in hosts(300).items() if name != host})
        assert len(before.solving - after.solving) <= 1
        assert after.solving <= before.told


@pytest.mark.parametrize(
    ("words", "agreed"),
    [([], ""), (["a"], "a"), (["a", "b"], ""), (["ab", "b", "bc"], "b"), (["a", "a", "", "", "aa"], "a")],
)
def test_what_more_than_half_say(words, agreed):
    assert agree(words) == set(agreed)
