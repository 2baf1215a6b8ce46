"""Clocks and paths with a known truth: offsets, drifts and steps; asymmetric and queueing delay, and loss."""

from dataclasses import dataclass, field
from random import Random

from timekeeper.solution import Measurement

BURST = 8


@dataclass
class Clock:
    """One host's wall clock; all values are seconds ahead of true time."""

    offset_s: float
    drift_ppm: float = 0.0
    steps: list[tuple[float, float]] = field(default_factory=list)
    """When it is set, and by how much."""
    slews: list[tuple[float, float, float]] = field(default_factory=list)
    """From when until when it is slewed, and how fast, in ppm."""

    def at(self, now_s: float) -> float:
        """How far it is ahead of true time."""
        stepped_s = sum(size_s for at_s, size_s in self.steps if at_s <= now_s)
        slewed_s = sum(ppm * 1e-6 * max(0.0, min(now_s, end_s) - start_s) for start_s, end_s, ppm in self.slews)
        return self.offset_s + self.drift_ppm * 1e-6 * now_s + stepped_s + slewed_s

    @property
    def fastest_ppm(self) -> float:
        """How fast it ever runs away from true time."""
        return abs(self.drift_ppm) + max((abs(ppm) for _, _, ppm in self.slews), default=0.0)

    def stepped_between(self, first_s: float, last_s: float) -> bool:
        """Whether it was set after one moment, and not after another."""
        return any(first_s < at_s <= last_s for at_s, _ in self.steps)


@dataclass(frozen=True)
class Path:
    """The way between two hosts."""

    there_s: float
    """The least delay from the first to the second."""
    back_s: float
    queue_s: float
    """The mean of what queues add, in either direction."""
    loss: float
    """The share of exchanges that are lost."""
    via: str = "probe"


def measure(random: Random, path: Path, ends: tuple[str, str], ahead_s: float, drift_ppm: float) -> Measurement | None:
    """One burst, as the first host measures the second.

    Args:
        random: Draws the queues and the losses.
        path: Between them.
        ends: The names of both.
        ahead_s: The clock of the second minus that of the first.
        drift_ppm: How much faster the second runs.
    """
    there_s, back_s, rtts_s = [], [], []
    for _ in range(BURST):
        if random.random() < path.loss:
            continue
        there = path.there_s + random.expovariate(1 / path.queue_s)
        back = path.back_s + random.expovariate(1 / path.queue_s)
        there_s.append(ahead_s + there)
        back_s.append(back - ahead_s)
        rtts_s.append(there + back)
    if not rtts_s:
        return None
    high_s, low_s = min(there_s), -min(back_s)
    return Measurement(
        source=ends[0],
        target=ends[1],
        offset_s=(high_s + low_s) / 2,
        bound_s=(high_s - low_s) / 2,
        rtt_s=min(rtts_s),
        age_s=0.0,
        via=path.via,
        drift_ppm=drift_ppm,
    )
