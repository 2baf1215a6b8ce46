import pytest

from tests.canary.simulation.bounds import most_allowed, upper_limit


@pytest.mark.parametrize(
    ("lives", "rate", "allowed"),
    [(20_000, 0.01, 245), (20_000, 0.001, 35), (2_000, 0.01, 35), (2_000, 0.001, 8), (1, 0.5, 1), (20_000, 1e-9, 0)],
)
def test_how_many_false_verdicts_a_gate_may_see(lives, rate, allowed):
    assert most_allowed(lives, rate) == allowed


@pytest.mark.parametrize(
    ("found", "lives", "limit"), [(0, 20, 0.1391), (0, 20_000, 0.00015), (3, 20, 0.3437), (20, 20, 1.0)]
)
def test_how_high_a_rate_can_be_that_shows_so_few(found, lives, limit):
    assert upper_limit(found, lives) == pytest.approx(limit, rel=2e-3)
