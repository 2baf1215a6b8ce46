"""How fast a bound grows with the age of its exchange: by what is known of crystals and daemons, and no less."""

import random
from dataclasses import dataclass
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timekeeper.simulation.lan import Course
from timekeeper.pairs import Correction, PairWindow, RealtimeReading, Restarted
from timekeeper.pairs.rates import RATE_BOUND, SETTLED_S, STEERING, WANDER

S = 1_000_000_000
MS = 1_000_000
US = 1_000


def watch(pair, bursts, *, start_ns=S, source=None):
    """Bursts of 8 every 10 s; returns the window and when the last of them was over."""
    window, source = PairWindow(), source or random.Random(1)
    for burst in range(bursts):
        for number in range(8):
            at_ns = start_ns + burst * 10 * S + number * 20 * MS
            there_ns, back_ns = (round((45 + source.expovariate(0.1)) * US) for _ in range(2))
            assert window.add(pair.exchange(at_ns, there_ns, back_ns)) is None
    return window, at_ns + MS


def growth(window, pair, at_ns, late_s=10, **more):
    """By how much the bound grows in a second."""
    fresh, old = (window.estimate(pair.us.raw(at_ns + late * S), **more) for late in (0, late_s))
    assert old.bound_s - fresh.bound_s == pytest.approx(late_s * old.rate_bound_ppm / 1e6, rel=0.01)
    return old.rate_bound_ppm / 1e6


@pytest.fixture
def steered(make_host, make_pair):
    """Two crystals that differ by 50 ppm, and daemons that make up for it."""
    return make_pair(make_host(crystal=-20e-6, steered=20e-6), make_host(crystal=30e-6, steered=-30e-6))


def test_clocks_that_are_known_to_keep_together_age_slowly(steered):
    window, at_ns = watch(steered, 8)
    assert STEERING + 2 * WANDER < growth(window, steered, at_ns) < 9e-6


def test_clocks_that_part_steadily_age_as_fast_as_they_part(make_host, make_pair):
    pair = make_pair(peer=make_host(crystal=40e-6))
    window, at_ns = watch(pair, 8)
    assert 40e-6 + 2 * WANDER < growth(window, pair, at_ns) < 50e-6


@pytest.mark.parametrize("bursts", [1, 2, 3])
def test_until_that_is_known_they_age_as_crystals_may(steered, bursts):
    window, at_ns = watch(steered, bursts)
    assert growth(window, steered, at_ns) == RATE_BOUND


@pytest.mark.parametrize("side", ["us", "peer"])
def test_who_was_slewed_lately_may_be_slewed_again(make_host, make_pair, side):
    """For as long as the window remembers; and the bound is no wider for it than ever."""
    slewed = make_host(slews=[(35 * S, 2 * S, 300e-6)])
    pair = make_pair(**{side: slewed})
    early, early_ns = watch(pair, 8)
    assert 60e-6 < growth(early, pair, early_ns) < RATE_BOUND
    late, late_ns = watch(pair, 18)
    assert growth(late, pair, late_ns) < 9e-6


def test_a_slew_that_goes_on_ages_as_before(make_host, make_pair):
    pair = make_pair(peer=make_host(slews=[(65 * S, 60 * S, 400e-6)]))
    window, at_ns = watch(pair, 8)
    assert growth(window, pair, at_ns) == pytest.approx(RATE_BOUND + 400e-6, rel=0.02)


@pytest.mark.parametrize(
    ("remaining_s", "wider_s", "is_settled"),
    [(0.0, 0.0, True), (30e-6, 30e-6, True), (SETTLED_S, SETTLED_S, True), (0.04, 0.0, False)],
)
def test_what_is_left_to_correct_may_be_corrected_at_any_moment(steered, remaining_s, wider_s, is_settled):
    """Much of it, and the daemon has not settled: nobody knows at which rate the clock runs on after that."""
    window, at_ns = watch(steered, 8)
    correction = Correction(remaining_s=remaining_s)
    now_ns = steered.us.raw(at_ns)
    wider = window.estimate(now_ns, None, correction).bound_s - window.estimate(now_ns).bound_s
    assert wider == pytest.approx(wider_s, abs=1e-6)
    assert (growth(window, steered, at_ns, correction=correction) < 9e-6) is is_settled


@pytest.mark.parametrize(
    ("since_s", "wider_s"),
    [(12.0, 0.0), (8.0, 0.04)],  # before the last exchange, which shows it, and after
)
def test_a_correction_that_was_announced_since_the_last_exchange(steered, since_s, wider_s):
    window, at_ns = watch(steered, 8)
    now_ns = steered.us.raw(at_ns + 10 * S)
    told = window.estimate(now_ns, None, Correction(0.0, 0.04, since_s))
    assert told.bound_s - window.estimate(now_ns).bound_s == pytest.approx(wider_s)


def test_no_announcement_is_faster_than_a_slew(steered):
    """Who says that it corrects an hour is vague for it, by no more than chronyd could do, and only until the next exchange."""
    window, at_ns = watch(steered, 8)
    now_ns = steered.us.raw(at_ns + 10 * S)
    assert window.estimate(now_ns, None, Correction(0.0, 1e300, 5.0)).bound_s < 0.9


def test_the_bound_holds_through_a_correction_that_was_told(make_host, make_pair):
    """chronyd slews 40 ms in half a second, a second after the last burst."""
    for size_ns in (40 * MS, -40 * MS):
        slew = (73 * S, S // 2, size_ns / (S // 2))
        pair = make_pair(peer=make_host(slews=[slew]))
        window, _ = watch(pair, 8)
        for now_ns in range(73 * S, 82 * S, S // 4):
            estimate = window.estimate(pair.us.raw(now_ns), None, Correction(0.04, 0.04, (now_ns - 72.9 * S) / S))
            assert abs(estimate.offset_s - pair.offset_s(now_ns)) <= estimate.bound_s


def test_after_a_step_of_our_own_it_ages_as_crystals_may(make_host, make_pair):
    """REALTIME of the peer is then held against our raw clock, so that nothing cancels out."""
    pair = make_pair(us=make_host(steps=[(75 * S, S)]))
    window, at_ns = watch(pair, 8)
    stepped = window.estimate(pair.us.raw(at_ns + 9 * S), pair.us.read(at_ns + 9 * S))
    assert stepped.rate_bound_ppm == pytest.approx(100, abs=1)


@dataclass
class Wandering:
    """A host whose crystal wanders, and whose daemon does not do the same twice; in nanoseconds of true time."""

    raw_start_ns: int
    crystal: Course
    steered: Course

    def raw(self, true_ns):
        return self.raw_start_ns + true_ns + round(self.crystal.at(true_ns / S) * S)

    def wall(self, true_ns):
        return self.raw(true_ns) + round(self.steered.at(true_ns / S) * S)

    def read(self, true_ns, error_ns=0):
        return RealtimeReading(self.wall(true_ns) - self.raw(true_ns), self.raw(true_ns), error_ns)


shares = st.floats(-1, 1) | st.sampled_from([-1.0, 1.0])
changes = st.lists(st.tuples(st.sampled_from([1e-3, 5.0, 20.0, 60.0]), shares), max_size=5)


def course(middle, reach, start, changes):
    """A rate that goes about, in ramps and in jumps, and stays within reach of its middle."""
    times_s = accumulate((gap_s for gap_s, _ in changes), initial=0.0)
    rates = [middle + reach * share for share in (start, *(share for _, share in changes))]
    return Course([*zip(times_s, rates, strict=True), (1000.0, rates[-1])])


@st.composite
def wanderers(draw):
    """A host that does half of what both of a pair may do together."""
    base = draw(st.floats(-45e-6, 45e-6))
    crystal = course(base, WANDER / 2, draw(shares), draw(changes))
    steered = course(draw(st.sampled_from([-base, 0.0])), STEERING / 4, draw(shares), draw(changes))
    return Wandering(draw(st.integers(0, 2**60)), crystal, steered)


@given(wanderers(), wanderers(), st.integers(0, 1000), st.sampled_from([2, 5, 12]), st.floats(0, 60))
def test_the_bound_holds_however_crystals_wander(make_pair, us, peer, seed, bursts, late_s):
    """As far as it is assumed: all within 5 ppm, the two against each other."""
    pair = make_pair(us, peer)
    window, at_ns = watch(pair, bursts, source=random.Random(seed))
    now_ns = at_ns + round(late_s * S)
    for estimate in (window.estimate(us.raw(now_ns)), window.estimate(us.raw(now_ns), us.read(now_ns))):
        assert abs(estimate.offset_s - pair.offset_s(now_ns)) <= estimate.bound_s + 3e-9
    fresh = window.estimate(us.raw(at_ns))
    told_s = fresh.bound_s + fresh.rate_bound_ppm / 1e6 * late_s
    assert abs(fresh.offset_s - pair.offset_s(now_ns)) <= told_s + 3e-9, "as another host ages it"
    assert not any(isinstance(event, Restarted) for event in window.take_events())
