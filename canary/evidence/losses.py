"""PURE: what happened to the whole server, and runs that were lost together; it knows neither runs nor versions."""

from collections.abc import Callable
from dataclasses import dataclass, field

from canary.evidence.kinds import Kind

SERVICES = 2
"""Of at least so many services all runs must be lost, for it to be the server's fault."""


@dataclass(slots=True)
class Wave:
    """Runs that were lost within a short time."""

    first_s: float
    services: set[str] = field(default_factory=set)
    is_total: bool | None = None
    """Whether nothing was left; None: not asked yet."""


class Losses:
    """The last of each.

    Args:
        within_s: How far apart belongs together.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._marks: dict[Kind, float] = {}
        self._waves: list[Wave] = []
        """The last two: a run of the one before may be asked about when the next has begun."""

    def mark(self, kind: Kind, at_s: float) -> None:
        """Something happened to the whole server."""
        self._marks[kind] = at_s

    def note_loss(self, service: str, at_s: float) -> None:
        """A run was lost; not before the one before."""
        if not self._waves or at_s - self._waves[-1].first_s > self._within_s:
            self._waves = [*self._waves[-1:], Wave(at_s)]
        wave = self._waves[-1]
        if len(wave.services) < SERVICES:
            wave.services.add(service)

    def excuses(self, ended_s: float, lost_s: float | None, is_left_since: Callable[[float], bool]) -> set[Kind]:
        """What happened to the server when a run ended.

        Args:
            ended_s: When it did.
            lost_s: When the router lost it; None: it did not.
            is_left_since: Whether any run goes on that had begun before a time.
        """
        kinds = {kind for kind, at_s in self._marks.items() if abs(at_s - ended_s) <= self._within_s}
        wave = next((each for each in reversed(self._waves) if lost_s is not None and each.first_s <= lost_s), None)
        if wave is not None and self._was_total(wave, is_left_since):
            kinds.add(Kind.HOST_DOWN)
        return kinds

    @staticmethod
    def _was_total(wave: Wave, is_left_since: Callable[[float], bool]) -> bool:
        if wave.is_total is None:
            wave.is_total = len(wave.services) >= SERVICES and not is_left_since(wave.first_s)
        return wave.is_total
