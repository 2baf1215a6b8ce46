"""Stories of crashes, cuts, lost and restored disks, wrong clocks and full disks; `make soak` plays more of them."""

import pytest

from tests.canary.book.simulation.cluster import play

SEEDS = 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
def test_after_all_troubles_all_hold_the_same_and_nothing_is_lost_or_back(seed):
    play(seed)
