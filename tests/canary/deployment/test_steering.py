"""What a person may say to a deployment in which phase, and what is refused."""

import pytest

from canary.deployment.start import RefusedError
from tests.canary.deployment.world import World

PHASES = ("pending", "step", "paused", "promoting", "baking", "done", "aborting", "rolled_back")
GIVEN = {
    "promote": {"pending", "step", "paused"},
    "pause": {"pending", "step", "promoting", "baking"},
    "resume": {"paused"},
    "abort": {"pending", "step", "paused", "promoting", "baking"},
    "retry": {"rolled_back"},
}

STANDING = {
    "step": "billing 2.0 is at step 1",
    "done": "billing 2.0 is done; 'bellwether deploy undo billing' goes back",
    "aborting": "on the way back",
    "rolled_back": "billing 2.0 is rolled back" + "(; 'bellwether deploy retry billing' tries it again)?",
}


def at(phase):
    world = World(steps=[{"servers": 1, "bake": "5s"}], bake="5s", deadline="30s")
    world.start()
    if phase == "paused":
        world.say("pause")
    elif phase in ("aborting", "rolled_back"):
        world.pass_time(3)
        world.hosts["a"].acknowledges = True
        world.say("abort")
    if phase not in ("pending", "paused", "aborting"):
        world.pass_time(60, until=phase)
    return world


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("word", GIVEN)
def test_a_word_is_heeded_or_refused_with_the_phase(word, phase):
    world = at(phase)
    assert world.phase == phase
    if phase in GIVEN[word]:
        moves = world.at.at.moves
        world.say(word, reason="because")
        assert world.at.at.moves == moves + 1
        assert f"{word} by root@a: because" in world.at.at.reason
    else:
        refusal = "paused already" if (word, phase) == ("pause", "paused") else STANDING.get(phase, phase)
        with pytest.raises(RefusedError, match=refusal):
            world.say(word)
