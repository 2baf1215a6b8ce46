"""What routers are asked for while a deployment is under way, and after it."""

import pytest

from canary.deployment.traffic import colours, weights
from communicator.answers.policy import ALL, Colour, Weight
from tests.canary.deployment.world import NEW, OLD, World

STEPS = [{"servers": 1, "bake": "10s", "weight": "10%"}, {"servers": "50%", "bake": "10s", "pause": True}]


def canary():
    world = World(steps=STEPS, bake="10s", deadline="60s")
    world.start()
    return world


def test_a_step_gives_the_new_version_its_part():
    world = canary()
    assert not [*weights([world.at])]
    world.pass_time(3)
    assert [*weights([world.at])] == [Weight("billing", NEW, ALL, ALL, 0.1)]
    world.pass_time(40, until="paused")
    assert not [*weights([world.at])], "the second step names no part"


def test_on_its_way_back_it_gets_nothing_and_afterwards_nothing_is_weighed():
    world = canary()
    world.pass_time(3)
    world.hosts["a"].is_up = False
    world.say("abort")
    assert [*weights([world.at])] == [Weight("billing", NEW, ALL, ALL, 0.0)]
    world.hosts["a"].is_up = True
    world.pass_time(70, until="rolled_back")
    assert not [*weights([world.at])]


def test_another_attempt_gives_it_its_part_again():
    world = canary()
    world.say("promote", full=True)
    world.say("pause")
    world.say("abort")
    world.pass_time(70, until="rolled_back")
    world.say("retry")
    world.pass_time(3)
    assert [*weights([world.at])] == [Weight("billing", NEW, ALL, ALL, 0.1)]
    world.say("pause")
    assert [*weights([world.at])] == [Weight("billing", NEW, ALL, ALL, 0.1)], "a pause changes no part"


def test_where_all_have_it_it_serves_until_the_old_one_is_back():
    world = canary()
    world.say("promote", full=True)
    world.pass_time(2)
    world.say("abort")
    assert not [*weights([world.at])]


def colour(world):
    [found] = colours([world.at])
    return found.generation, found.active


def test_colours_switch_and_stay_switched():
    world = World(strategy="blue-green", bake="5s", keep="5s")
    world.start()
    assert [*colours([world.at])] == [
        Colour(service="billing", generation=1, active=OLD, active_build=ALL, drain_s=300.0)
    ]
    world.pass_time(20, until="baking")
    assert colour(world) == (2, NEW)
    world.pass_time(20, until="done")
    assert colour(world) == (2, NEW)


def test_back_is_a_newer_colour():
    world = World(strategy="blue-green", bake="5s", keep="50s")
    world.start()
    world.pass_time(20, until="baking")
    world.say("abort")
    assert colour(world) == (3, OLD)


def test_a_service_that_is_deployed_by_steps_afterwards_has_no_colours_any_more():
    world = World(strategy="blue-green", bake="5s", keep="5s")
    world.start()
    world.pass_time(40, until="done")
    world.start(strategy="canary", version="3.0")
    assert colour(world) == (3, ALL)


@pytest.mark.parametrize("strategy", ["canary", "blue-green"])
def test_a_first_version_is_active_at_once(strategy):
    world = World(strategy=strategy, servers=["a", "b"])
    for host in world.hosts.values():
        host.running = set()
    world.start()
    world.pass_time(3, until="baking")
    assert {host.running.copy().pop() for name, host in world.hosts.items() if name in "ab"} == {NEW}
    if strategy == "blue-green":
        assert colour(world) == (2, NEW)
