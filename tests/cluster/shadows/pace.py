"""How many ask how often, and after which silence a router takes a conversation for over."""

from dataclasses import dataclass

from communicator.router.cores.sampling import SILENCE_S
from communicator.testing import RouterProcess


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Of all conversations."""

    askers: int
    every_s: float
    silence_s: float


FULL = Pace(askers=10, every_s=0.1, silence_s=SILENCE_S)
BRIEF = Pace(askers=5, every_s=0.1, silence_s=10.0)
"""Half as many questions, which a busy machine keeps up with; not even that lets anybody wait so long between two."""


class PacedRouter(RouterProcess):
    """A router for which other silences end conversations.

    Args:
        pace: Which.
        server_name: Its server.
        settings: Further ones.
    """

    def __init__(self, pace, server_name, settings=None):
        super().__init__(server_name, settings)
        self._silence_s = pace.silence_s

    def _command(self, ports_file):
        python, option, main, *words = super()._command(ports_file)
        paced = f"from communicator.router.cores import sampling; sampling.SILENCE_S = {self._silence_s}; {main}"
        return [python, option, paced, *words]
