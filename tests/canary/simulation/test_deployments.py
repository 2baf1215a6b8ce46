"""A sample of thousands of deployments: sound versions go through, and one that fails five times as often does not get far."""

import numpy as np
import pytest

from tests.canary.simulation.deployments import WORLDS, play

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
