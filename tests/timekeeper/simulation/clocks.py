"""Clocks and paths with a known truth: offsets, wandering crystals and steps; asymmetric and queueing delay, and loss."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random

from timekeeper.solution import Measurement

BURST = 8
WANDER_PPM = 5.0
_WANDER_S = 25.0
_HOT_PPM = 4.0


@dataclass(frozen=True)
class Clock:
    """One host's wall clock; all values are seconds ahead of true time."""

    offset_s: float = 0.0
    rates: tuple[tuple[float, float], ...] = ()
    """From when on its crystal runs how much too fast, in ppm."""
    steps: tuple[tuple[float, float], ...] = ()
    """When it is set, and by how much."""

    @cached_property
    def _turns(self) -> list[tuple[float, float, float]]:
        """When anything changes, how far ahead it is from then on, and how fast it runs."""
        moments = sorted({0.0, *(start_s for start_s, _ in self.rates), *(at_s for at_s, _ in self.steps)})
        turns: list[tuple[float, float, float]] = []
        for moment_s in moments:
            ahead_s = self.offset_s
            if turns:
                before_s, was_s, ppm = turns[-1]
                ahead_s = was_s + ppm * 1e-6 * (moment_s - before_s)
            ahead_s += sum(size_s for at_s, size_s in self.steps if at_s == moment_s)
            turns.append((moment_s, ahead_s, self.rate_at(moment_s)))
        return turns

    def at(self, now_s: float) -> float:
        """How far it is ahead of true time."""
        moment_s, ahead_s, ppm = self._turns[max(0, bisect_right(self._turns, now_s, key=lambda turn: turn[0]) - 1)]
        return ahead_s + ppm * 1e-6 * (now_s - moment_s)

    def set_by(self, first_s: float, last_s: float) -> float:
        """By how much it was set after one moment and not after another."""
        return sum(size_s for at_s, size_s in self.steps if first_s < at_s <= last_s)

    def stepped_between(self, first_s: float, last_s: float) -> bool:
        """Whether it was set after one moment, and not after another."""
        return any(first_s < at_s <= last_s for at_s, _ in self.steps)

    def rate_at(self, now_s: float) -> float:
        """How much too fast its crystal runs, in ppm."""
        return next((ppm for start_s, ppm in reversed(self.rates) if start_s <= now_s), 0.0)

    def farthest(self, first_s: float, last_s: float) -> float:
        """How far it ever was from true time between two moments."""
        inside = [turn for turn in self._turns if first_s < turn[0] <= last_s]
        before = [ahead_s + ppm * 1e-6 * (at_s - start_s) for (start_s, ahead_s, ppm), (at_s, _, _) in pairwise(inside)]
        ends = (self.at(max(first_s, 0.0)), self.at(last_s), *((self.at(inside[0][0] - 1e-6),) if inside else ()))
        return max(abs(ahead_s) for ahead_s in (*ends, *before, *(turn[1] for turn in inside)))


def draw_rates(random: Random, span_s: float) -> tuple[tuple[float, float], ...]:
    """A crystal that wanders, and sometimes gets warm of a sudden."""
    hot_s, hot_ppm = random.uniform(0.0, span_s), random.choice((0.0, 0.0, 0.0, -_HOT_PPM, _HOT_PPM))
    rates, now_s = [], 0.0
    while now_s < span_s:
        rates.append((now_s, random.uniform(-WANDER_PPM, WANDER_PPM) + hot_ppm * (now_s >= hot_s)))
        now_s += _WANDER_S
    return tuple(rates)


@dataclass(frozen=True)
class Path:
    """The way between two hosts."""

    there_s: float
    """The least delay from the first to the second."""
    back_s: float
    queue_s: float
    """The mean of what queues add, in either direction."""
    loss: float = 0.0
    """The share of exchanges that are lost."""
    via: str = "probe"

    def turned(self) -> "Path":
        """The same way, seen from its other end."""
        return Path(self.back_s, self.there_s, self.queue_s, self.loss, self.via)


def measure(random: Random, path: Path, ends: tuple[str, str], ahead_s: float) -> Measurement | None:
    """One burst, as the first host measures the second.

    Args:
        random: Draws the queues and the losses.
        path: Between them.
        ends: The names of both.
        ahead_s: The clock of the second minus that of the first.
    """
    came = BURST if not path.loss else sum(random.random() >= path.loss for _ in range(BURST))
    if not came:
        return None
    rate = came / path.queue_s  # the least of so many queues is distributed like one that is so much shorter
    there_s, back_s = path.there_s + random.expovariate(rate), path.back_s + random.expovariate(rate)
    return Measurement(
        source=ends[0],
        target=ends[1],
        offset_s=ahead_s + (there_s - back_s) / 2,
        bound_s=(there_s + back_s) / 2,
        rtt_s=there_s + back_s,
        age_s=0.0,
        via=path.via,
    )
