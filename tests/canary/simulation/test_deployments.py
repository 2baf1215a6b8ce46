"""A sample of thousands of deployments: sound versions go through, and one that fails five times as often does not get far."""

import numpy as np
import pytest

from tests.canary.simulation.deployments import WORLDS, World, play
from tests.canary.simulation.few_hosts import BAKED, SEEN, count

SEED = 20_261_201


@pytest.mark.parametrize("world", [world for world in WORLDS if world.paused is not None], ids=lambda world: world.name)
def test_a_sound_version_goes_through(world):
    dice = np.random.default_rng(SEED)
    assert sum(play(world, dice).is_paused for _ in range(30)) <= 2  # 1 in 2,600 would exceed it at 1 %


@pytest.mark.parametrize("world", [world for world in WORLDS if world.found], ids=lambda world: world.name)
def test_a_bad_version_does_not_reach_half_of_the_hosts(world):
    dice = np.random.default_rng(SEED)
    assert (
        sum(play(world, dice).hosts < world.hosts / 2 for _ in range(20)) >= 16
    )  # of 0.9 each, 1 in 100 would be fewer


@pytest.mark.parametrize(("spec", "ratio", "found"), [(SEEN, 10.0, 20), (BAKED, 60.0, 20), (BAKED, 2.0, 0)])
def test_what_four_hosts_can_and_cannot_prove(spec, ratio, found):
    """As docs/deployments.md has it; of 500 each the first two were found always, the last one never."""
    assert count(World("alike", ratio, hosts=4, spec=spec), 20, SEED).early == found
