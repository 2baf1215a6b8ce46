"""Hundreds of small clusters with a known truth; ``make soak`` plays thousands."""

import pytest

from tests.timekeeper.simulation.__main__ import play
from tests.timekeeper.simulation.play import Play
from tests.timekeeper.simulation.scenario import draw
from tests.timekeeper.simulation.troubles import befall

pytestmark = pytest.mark.timeout(300)  # ten seconds of work, for which a busy machine takes a minute
EACH = 125
SEEDS = 500


@pytest.mark.parametrize("first", range(0, SEEDS, EACH))
def test_what_is_concluded_agrees_with_the_truth(first):
    tally = play(range(first, first + EACH))
    assert tally.seeds == EACH
    # The play is worth nothing if it never comes to the point.
    assert tally.bounds > 10_000
    assert tally.accused > 50
    assert tally.had_to_be > 10
    assert tally.without_majority > 25
    assert tally.refuted > 25
    assert tally.claims > 2 * tally.refuted
    assert tally.innocent > 250
    assert tally.excused > 50
    assert tally.runaway_claims > 0


@pytest.mark.parametrize("shift_s", [0.75, -3600.0, 4e4])
def test_what_all_clocks_have_in_common_changes_no_verdict(shift_s):
    for seed in range(30):
        plain, shifted = Play(befall(draw(seed))), Play(befall(draw(seed)), shift_s=shift_s)
        plain.run()
        shifted.run()
        assert shifted.verdicts == plain.verdicts


def test_a_seed_is_played_alike_each_time():
    first, second = Play(befall(draw(7))), Play(befall(draw(7)))
    assert (first.run(), first.verdicts) == (second.run(), second.verdicts)
