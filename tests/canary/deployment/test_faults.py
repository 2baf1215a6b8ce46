"""Each phase of a deployment, and what may happen while it is there: a table, in which each cell is played to its end."""

import msgspec
import pytest

from canary.deployment.start import RefusedError
from canary.deployment.task import Outcome
from canary.deployment.traffic import colours, weights
from canary.records.deployments import Before
from communicator.answers.policy import ALL
from tests.canary.deployment.world import NEW, OLD, Host, World

FIX = "2.1"
QUICK = {"bake": "10s", "deadline": "60s", "keep": "20s"}
STEPS = [{"servers": 1, "bake": "10s", "weight": "50%"}, {"servers": "50%", "bake": "10s"}]
GATE = [{"servers": 1, "bake": "10s", "pause": True, "timeout": "10m", "on_timeout": "promote"}]
BY_HAND = {"promote": "by hand", "timeout": "10m", "on_timeout": "promote"}
PLACES = {
    "pending": ({"steps": STEPS}, "pending"),
    "preparing": ({"steps": STEPS, "equal_age": True}, "preparing"),
    "step": ({"steps": STEPS}, "step"),
    "paused": ({"steps": GATE}, "paused"),
    "promoting": ({"steps": STEPS}, "promoting"),
    "baking": ({"steps": STEPS}, "baking"),
    "aborting": ({"steps": STEPS}, "aborting"),
    "standby": ({"strategy": "blue-green"}, "preparing"),
    "tested": ({"strategy": "blue-green"}, "step"),
    "by hand": ({"strategy": "blue-green", **BY_HAND}, "paused"),
    "switching": ({"strategy": "blue-green"}, "promoting"),
    "switched": ({"strategy": "blue-green"}, "baking"),
    "back": ({"strategy": "blue-green"}, "aborting"),
}
"""By name: what is deployed, and in which phase it is when something happens."""
BACKWARDS = ("aborting", "back")
SPAN_S = 30
"""How long a fault lasts: less than any deadline."""


def _at(place):
    spec, phase = PLACES[place]
    world = World(**QUICK, **spec)
    if phase == "pending":
        for host in world.hosts.values():
            host.is_up = False
    world.start()
    if phase == "pending":
        world.tick()
        for host in world.hosts.values():
            host.is_up = True
    elif phase == "aborting":
        world.pass_time(15)
        world.say("abort")
    else:
        world.pass_time(100, until=phase)
    assert world.phase == phase
    return world


def _nobody_leads(world):
    world.is_led = False
    world.pass_time(SPAN_S)
    world.is_led = True


def _down(name):
    def happen(world):
        world.hosts[name].is_up = False
        world.pass_time(SPAN_S)
        world.hosts[name].is_up = True

    return happen


def _joins(world):
    world.hosts["e"] = Host()


def _dies(*, worked):
    """A canary that is killed while its task goes on: it does not know what has become of it."""

    def happen(world):
        for host in world.hosts.values():
            host.outcome, host.worked = Outcome(status="unknown"), worked
        world.pass_time(2)
        for host in world.hosts.values():
            host.outcome = Outcome(status="done")

    return happen


def _deaf(world):
    world.hosts["b"].acknowledges = False
    world.pass_time(SPAN_S)
    world.hosts["b"].acknowledges = True


def _is_bad(world):
    world.hosts["a"].faults[NEW] = "failed 5 times"


def _pauses(world):
    if world.phase != "aborting":
        world.say("pause")
        world.pass_time(SPAN_S)
        world.say("resume")


def _is_aborted(world):
    if world.phase != "aborting":
        world.say("abort")


FAULTS = {
    "nobody leads for a while": _nobody_leads,
    "the first host is down, and back": _down("a"),
    "the last host is down, and back": _down("d"),
    "a host joins": _joins,
    "a canary dies while its task works": _dies(worked=True),
    "a router does not acknowledge for a while": _deaf,
    "a rule finds it bad": _is_bad,
    "somebody pauses it": _pauses,
    "somebody aborts it": _is_aborted,
}
UNDONE = frozenset(("a rule finds it bad", "somebody aborts it"))
CELLS = [(place, fault) for place in PLACES for fault in FAULTS]
REACHES_NEWCOMERS = ("pending", "preparing", "step", "paused")
"""Who comes while all servers get it, or to a service with colours, is for the next deployment."""


def _newest(world, phase):
    at = world.at.at
    return ALL if at.spec.strategy == "canary" else at.spec.version if phase == "done" else at.from_version


def _require_whole(world, phase, versions):
    assert world.phase == phase, world.trace()
    assert {name: host.running for name, host in world.hosts.items()} == {
        name: {version} for name, version in versions.items()
    }, (world.trace(), {name: host.done for name, host in world.hosts.items()})
    assert not list(weights([world.at]))
    assert [one.active for one in colours([world.at])] in ([], [_newest(world, phase)])
    for host in world.hosts.values():
        done = [msgspec.structs.replace(task, previous="") for task in host.done]
        assert len({*done}) == len(done), "nothing is done twice"


@pytest.mark.parametrize(("place", "fault"), CELLS)
def test_in_each_phase_it_survives_and_ends(place, fault):
    world = _at(place)
    FAULTS[fault](world)
    world.pass_time(900)
    is_back = place in BACKWARDS or fault in UNDONE
    version = OLD if is_back else NEW
    wanted = dict.fromkeys(world.hosts, version)
    if "e" in wanted and place not in REACHES_NEWCOMERS:
        wanted["e"] = OLD
    _require_whole(world, "rolled_back" if is_back else "done", wanted)


@pytest.mark.parametrize("place", [place for place in PLACES if place not in BACKWARDS])
def test_in_each_phase_a_task_that_was_cut_off_ends_in_one_version_everywhere(place):
    """Whoever has begun a task and does not know what has become of it does not do it again: its time runs out."""
    world = _at(place)
    _dies(worked=False)(world)
    world.pass_time(900)
    phase = world.phase
    _require_whole(world, phase, dict.fromkeys(world.hosts, NEW if phase == "done" else OLD))


@pytest.mark.parametrize("place", [*PLACES])
def test_in_each_phase_a_fix_takes_its_place_unless_it_has_the_traffic(place):
    world = _at(place)
    if world.at.at.is_switched:
        with pytest.raises(RefusedError, match=r"gets the traffic already: promote or abort d\d+ first"):
            world.start(version=FIX)
        return
    world.start(version=FIX, strategy="canary", steps=STEPS)
    world.pass_time(900)
    _require_whole(world, "done", dict.fromkeys(world.hosts, FIX))


@pytest.mark.parametrize("place", [*PLACES])
def test_in_each_phase_what_went_back_is_tried_again_and_undone(place):
    world = _at(place)
    if world.phase != "aborting":
        world.say("abort")
    world.pass_time(200, until="rolled_back")
    world.say("retry")
    if place in ("paused", "by hand"):
        world.pass_time(100, until="paused")
        world.say("promote")
    world.pass_time(900)
    _require_whole(world, "done", dict.fromkeys(world.hosts, NEW))
    world.start(version=OLD, **world.spec)
    world.pass_time(900)
    _require_whole(world, "done", dict.fromkeys(world.hosts, OLD))


def test_what_a_leader_thought_to_run_there_makes_no_second_task():
    """It had just come back, and did not know yet what had been put there meanwhile."""
    world = World(**QUICK, steps=STEPS)
    world.start()
    stale = tuple(Before(one.server, "0.9") for one in world.at.at.servers)
    world.at = world.at._replace(at=msgspec.structs.replace(world.at.at, servers=stale, from_version="0.9"))
    world.hosts["a"].never_up.add(NEW)
    world.pass_time(30)
    assert [(task.verb, task.version) for task in world.hosts["a"].done] == [("replace", NEW)]
