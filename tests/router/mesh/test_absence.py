import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.mesh.absence import Absence, spread


@given(st.text(max_size=60), st.integers(0, 10**6))
def test_what_spreads_is_a_fraction_and_always_the_same(key, count):
    assert 0.0 <= spread(key, count) < 1.0
    assert spread(key, count) == spread(key, count)


def test_it_spreads_evenly():
    fractions = sorted(spread(f"boot 10.0.0.{number}:4042", 0) for number in range(200))
    assert all(abs(fraction - number / 200) < 0.15 for number, fraction in enumerate(fractions))


@given(st.text(max_size=20))
def test_waits_are_quick_for_ten_minutes_then_grow_to_half_a_minute(key):
    absence, now_s = Absence(key, 0.0), 0.0
    assert 0.375 <= absence.wait_after_loss_s() <= 0.625
    while now_s < 600.0:
        wait_s = absence.wait_after_failure_s(now_s)
        assert 0.75 <= wait_s <= 1.25
        now_s += wait_s
    for expected_s in (2.0, 4.0, 8.0, 16.0, 24.0, 24.0, 24.0):
        wait_s = absence.wait_after_failure_s(now_s)
        assert 0.75 * expected_s <= wait_s <= min(30.0, 1.25 * expected_s)
        now_s += wait_s


def test_waits_differ_from_try_to_try_and_from_router_to_router():
    absences = [Absence(key, 0.0) for key in "ab"]
    waits = [absence.wait_after_failure_s(1.0) for absence in absences for _ in range(20)]
    assert len(set(waits)) == 40


def test_a_refusal_is_answered_with_patience_but_never_with_a_lock_out():
    absence = Absence("k", 0.0)
    assert 6.0 <= absence.wait_after_refusal_s(0.0) <= 10.0
    for _ in range(50):
        assert 18.0 <= absence.wait_after_refusal_s(0.0) <= 30.0


def test_gossip_that_was_taken_is_no_failure_but_is_repeated_ever_more_slowly():
    absence = Absence("k", 0.0)
    absence.wait_after_failure_s(1.0)
    assert 0.75 <= absence.wait_after_gossip_s(2.0) <= 1.25
    assert absence.failures == 0
    waits = [absence.wait_after_gossip_s(700.0) for _ in range(6)]
    assert waits[0] < 3.0
    assert 18.0 <= waits[-1] <= 30.0


def test_whoever_calls_is_tried_at_once_but_not_all_the_time():
    absence = Absence("k", 0.0)
    assert absence.wait_after_call_s(0.0) == 0.0
    absence.wait_after_failure_s(10.0)
    assert absence.wait_after_call_s(10.1) == pytest.approx(0.4)
    assert absence.wait_after_call_s(11.0) == 0.0
    absence.wait_after_refusal_s(20.0)
    assert absence.wait_after_call_s(20.0) == 0.5


def test_it_is_told_once_and_then_every_ten_minutes():
    absence = Absence("k", 0.0)
    told = [now_s for now_s in range(5, 2000) if absence.shall_tell(float(now_s))]
    assert told == [5, 605, 1205, 1805]
