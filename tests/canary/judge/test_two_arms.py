import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.judge.comparing import Comparison
from canary.judge.state import State
from canary.judge.two_arms import PLACES, Dispersion, Failed, TwoArms
from canary.ledger.snapshot import decode_state, encode_state
from canary.records import Version
from tests.canary.simulation.arms import BAD, GATES, MEASURED, WORLDS, play
from tests.canary.simulation.many_lives import judge

MARGIN = 1.25


def arms_of(new, old):
    arms = TwoArms()
    for server in range(new):
        arms.place_of(f"n{server}", is_new=True)
    for server in range(old):
        arms.place_of(f"o{server}", is_new=False)
    return arms


def told(arms, servers, *, new, old):
    """Failures of servers by their number, those with the new version first; all are at risk all the time, with weight 1."""
    at_new, at_old = (1.0,) * new, (1.0,) * old
    for server in servers:
        is_new = server < new
        arms.add(Failed(is_new, server if is_new else server - new, at_new, at_old), MARGIN)
    return arms


def mean_e(new, old, failures, factor):
    """The mean of the evidence that counts, before the dispersion takes from it, where new servers fail `factor` times as often."""
    servers = new + old
    chances = [(factor if server < new else 1.0) / (factor * new + old) for server in range(servers)]
    total = 0.0
    for sequence in itertools.product(range(servers), repeat=failures):
        weight = math.prod(chances[server] for server in sequence)
        total += weight * 10 ** told(arms_of(new, old), sequence, new=new, old=old).least[0]
    return total


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, MARGIN])
@pytest.mark.parametrize(("new", "old"), [(1, 1), (2, 2), (2, 1), (1, 3)])
def test_the_mean_is_at_most_one_for_a_version_within_the_margin(new, old, factor):
    assert mean_e(new, old, 4, factor) <= 1 + 1e-9


def test_nothing_is_known_before_the_first_failure():
    assert TwoArms().log10_e == 0.0
    assert TwoArms().least == (0.0, ())
    assert arms_of(3, 3).log10_e == pytest.approx(0, abs=1e-12)
    assert arms_of(3, 3).overdispersion == 1.0


@pytest.mark.parametrize("failures", [5, 50, 500])
@pytest.mark.parametrize(("new", "old"), [(1, 9), (1, 1), (5, 1)])
def test_with_one_server_in_an_arm_nothing_counts(new, old, failures):
    arms = told(arms_of(new, old), [number % new for number in range(failures)], new=new, old=old)
    assert arms.together.log10_e > 0.2
    assert arms.log10_e <= 1e-9


def test_one_broken_server_never_counts():
    arms = told(arms_of(5, 5), [2] * 1_000, new=5, old=5)
    assert arms.together.log10_e > 100
    assert arms.log10_e <= 1e-9
    assert arms.least[1] == ["n2"]


def test_a_version_that_fails_everywhere_counts():
    arms = told(arms_of(5, 5), list(range(5)) * 4, new=5, old=5)
    assert arms.log10_e > 3


def test_an_old_server_that_flaps_hides_nothing():
    bad = list(range(5)) * 12
    arms = told(arms_of(5, 5), [7] * 500 + bad, new=5, old=5)
    assert arms.together.log10_e < -20
    assert arms.log10_e > 3


def test_what_only_one_old_server_says_does_not_count():
    """History says that one of them fails a lot; it has been mended since."""
    arms = arms_of(5, 5)
    for number in range(40):
        arms.add(Failed(number % 2 == 0, number // 2 % 5, (1.0,) * 5, (200.0, 1.0, 1.0, 1.0, 1.0)), MARGIN)
    assert arms.together.log10_e > 10
    assert arms.log10_e < 1


def test_a_failure_with_nothing_beside_it_says_nothing():
    arms = arms_of(2, 2)
    before = arms.copy()
    arms.add(Failed(is_new=True, place=0, new=(1.0, 1.0), old=()), MARGIN)
    arms.add(Failed(is_new=False, place=0, new=(0.0,), old=(1.0,)), MARGIN)
    assert arms == before


def test_a_copy_goes_its_own_way():
    arms = told(arms_of(2, 2), [0, 1, 2], new=2, old=2)
    copy = arms.copy()
    told(copy, [0, 1], new=2, old=2)
    copy.place_of("another", is_new=False)
    assert arms == told(arms_of(2, 2), [0, 1, 2], new=2, old=2)


def test_who_comes_later_leaves_out_nothing_so_far():
    early = told(arms_of(2, 3), [0, 1, 0, 2], new=2, old=3)
    late = told(arms_of(2, 2), [0, 1, 0, 2], new=2, old=2)
    before = late.together.copy()
    late.place_of("o2", is_new=False)
    place = PLACES + late.old.places["o2"]
    assert late.without[place, place] == before.log_weights
    assert set(late.without) == set(early.without)
    assert late.without[0, place] == late.without[0, 0]


def test_of_many_servers_every_eighth_goes_with_the_first():
    arms = arms_of(PLACES + 2, 2)
    assert arms.new.servers_at(0) == ["n0", f"n{PLACES}"]
    assert len(arms.new.failures) == PLACES
    assert len(arms.without) == PLACES + 2 + PLACES * 2 + 1  # alone, a new and an old one, two old ones


@pytest.mark.parametrize(
    ("old", "failures", "index", "degrees"),
    [
        (1, [0] * 3, 0.0, 0),
        (2, [0] * 8, 8.0, 1),
        (3, [0] * 8, 0.0, 1),
        (3, [0] * 9 + [1] * 6, 0.6, 1),
        (4, [0] * 9 + [1] * 9, 9.0, 2),
        (4, [0, 1, 2, 3], 0.0, 2),
        (5, [0] * 50 + [1, 2, 3, 4], 0.0, 3),
    ],
)
def test_old_servers_differ_when_not_only_one_of_them_does(old, failures, index, degrees):
    arms = told(arms_of(2, old), [2 + server for server in failures], new=2, old=old)
    found = arms.spread_of_old
    assert (found.degrees, found.index) == (degrees, pytest.approx(index or found.index))
    if not index:
        assert not found.is_above_chance


@pytest.mark.parametrize(("degrees", "limit"), [(1, 3.841), (2, 5.991), (4, 9.488), (10, 18.307), (30, 43.773)])
def test_the_limit_is_what_chance_exceeds_once_in_twenty(degrees, limit):
    assert Dispersion(0.0, degrees).limit == pytest.approx(limit, rel=0.03)
    assert Dispersion(limit * 1.05, degrees).is_above_chance
    assert not Dispersion(limit * 0.95, degrees).is_above_chance


def test_old_servers_that_differ_are_named_and_nothing_counts():
    arms = told(arms_of(5, 5), [5] * 30 + [6] * 30 + list(range(5)) * 60, new=5, old=5)
    assert arms.spread_of_old.is_above_chance
    assert arms.least[0] > 3
    assert arms.log10_e == 0.0
    assert arms.oddest_old in (["o0"], ["o1"])


def test_failures_in_series_are_worth_less():
    even = told(arms_of(5, 5), list(range(5)) * 6, new=5, old=5)
    series = told(arms_of(5, 5), [0] * 10 + [1] * 10 + [2] * 5 + [3] * 5, new=5, old=5)
    assert even.overdispersion == 1.0 < series.overdispersion
    assert series.log10_e < series.least[0]


def test_it_is_kept_in_a_snapshot():
    state = State()
    arms = told(arms_of(3, 3), [0, 1, 2, 3, 4], new=3, old=3)
    state.comparisons["x"] = Comparison(Version("x", "2", ""), 1, arms=arms)
    assert decode_state(encode_state(state)).comparisons["x"].arms == arms


def test_whether_it_may_reach_a_limit_is_known_without_all_of_it():
    arms = arms_of(3, 3)
    assert arms.may_reach(0.0)
    assert not arms.may_reach(0.1)
    told(arms, [0, 1, 2] * 10, new=3, old=3)
    assert arms.may_reach(arms.log10_e)
    assert not arms.may_reach(arms.log10_e + 4)


@given(st.data(), st.integers(1, 3), st.integers(1, 10), st.integers(1, 10))
def test_the_rule_for_many_lives_is_the_rule(data, lives, new, old):
    servers = new + old
    of_life = st.lists(st.integers(0, servers - 1), min_size=12, max_size=12)
    weights_of_life = st.lists(st.floats(0.1, 10), min_size=servers, max_size=servers)
    labels = np.array(data.draw(st.lists(of_life, min_size=lives, max_size=lives)))
    weights = np.array(data.draw(st.lists(weights_of_life, min_size=lives, max_size=lives)))
    course = judge(labels, weights, new)
    for life in range(lives):
        arms = arms_of(new, old)
        for number, server in enumerate(labels[life]):
            is_new = bool(server < new)
            own = int(server if is_new else server - new)
            arms.add(Failed(is_new, own % PLACES, by_place(weights[life, :new]), by_place(weights[life, new:])), MARGIN)
            assert arms.together.log10_e == pytest.approx(course.pooled[life, number], abs=1e-6)
            assert arms.log10_e == pytest.approx(course.counts[life, number], abs=1e-6)
            assert arms.spread_of_old.is_above_chance == course.differs[life, number]


def by_place(weights):
    return tuple(float(weights[place::PLACES].sum()) for place in range(min(PLACES, len(weights))))


@pytest.mark.parametrize("world", [world for world in WORLDS if world.held is not None], ids=lambda world: world.name)
def test_a_good_version_is_left_alone_on_servers_that_differ(world):
    assert not list(play(world, 7, 200).broken)


@pytest.mark.parametrize("world", [world for world in BAD if world.found], ids=lambda world: world.name)
def test_a_bad_version_is_found_on_servers_that_differ(world):
    outcome = play(world, 7, 200)
    assert outcome.suspect >= (world.found - 0.06) * outcome.lives


def test_the_gates_are_those_of_the_promise():
    assert (GATES["held"], GATES["suspect"], MEASURED["held"]) == (0.001, 0.01, 0.01)
    broken = play(next(world for world in BAD if world.found), 7, 20)
    assert broken.held > 10
