"""Thousands of small clusters with a known truth; ``python -m tests.timekeeper.simulation`` plays more."""

import pytest

from tests.timekeeper.simulation.__main__ import play
from tests.timekeeper.simulation.play import Play
from tests.timekeeper.simulation.scenario import draw

EACH = 250


@pytest.mark.parametrize("first", range(0, 2000, EACH))
def test_what_is_concluded_agrees_with_the_truth(first):
    tally = play(range(first, first + EACH))
    assert tally.seeds == EACH
    # The play is worth nothing if it never comes to the point.
    assert tally.bounds > 20_000
    assert tally.accused > 100
    assert tally.had_to_be > 20
    assert tally.without_majority > 50
    assert tally.refuted > 50
    assert tally.claims > 2 * tally.refuted


@pytest.mark.parametrize("shift_s", [0.75, -3600.0, 1e5])
def test_what_all_clocks_have_in_common_changes_no_verdict(shift_s):
    for seed in range(30):
        plain, shifted = Play(draw(seed)), Play(draw(seed), shift_s=shift_s)
        plain.run()
        shifted.run()
        assert shifted.verdicts == plain.verdicts


def test_a_seed_is_played_alike_each_time():
    first, second = Play(draw(7)), Play(draw(7))
    assert (first.run(), first.verdicts) == (second.run(), second.verdicts)
