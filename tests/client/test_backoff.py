import pytest

from communicator.client.backoff import FIRST_S, LIMIT_S, STEADY_S, Backoff


def test_the_bound_doubles_up_to_its_limit_and_never_overflows():
    backoff = Backoff(first_s=0.5, limit_s=3.0)
    assert [backoff.next_wait_s(1.0) for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    for _ in range(5_000):
        backoff.next_wait_s(1.0)
    assert backoff.bound_s == 3.0


@pytest.mark.parametrize(("fraction", "wait_s"), [(0.0, 0.0), (0.25, FIRST_S / 4), (1.0, FIRST_S)])
def test_the_wait_is_a_fraction_of_the_bound(fraction, wait_s):
    assert Backoff().next_wait_s(fraction) == pytest.approx(wait_s)


def test_only_a_steady_link_begins_anew():
    backoff = Backoff()
    for _ in range(20):
        backoff.next_wait_s(0.5)
    backoff.link_lasted(STEADY_S - 0.1)
    assert backoff.bound_s == LIMIT_S
    backoff.link_lasted(STEADY_S)
    assert backoff.bound_s == FIRST_S
