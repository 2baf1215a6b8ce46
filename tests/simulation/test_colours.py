"""The judge of colours is judged: routers that obey none, or that take none from others, are found."""

import pytest

from communicator.router import Router
from communicator.router.vocabulary.events import LinesReceived
from simulation.campaign import ColourPlay, FoundError, run_seed


class Disobedient(Router):
    """Acknowledges colours and goes on as if there were none."""

    def handle(self, event, now):
        effects = super().handle(event, now)
        self._board.registry.colours = {}
        return effects


class Deaf(Router):
    """Hears nothing of what other routers obey."""

    def handle(self, event, now):
        if isinstance(event, LinesReceived) and b"COLOURS" in event.lines:
            lines = event.lines.splitlines(keepends=True)
            event = LinesReceived(event.link, b"".join(line for line in lines if b"COLOURS" not in line))
        return super().handle(event, now) if not isinstance(event, LinesReceived) or event.lines else []


def play_six(core):
    for seed in range(6):
        run_seed(seed, core, ColourPlay)


@pytest.mark.parametrize(("core", "words"), [(Disobedient, "heard a message, and its router"), (Deaf, "generations")])
def test_a_router_that_does_not_keep_to_them_is_found(core, words):
    with pytest.raises(FoundError, match=words):
        play_six(core)
