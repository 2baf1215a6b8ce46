"""The command ``python -m tests.canary.simulation.arms``: thousands of lives a world before rule C, with servers that differ.

Each world draws how often each server fails, lets the old version gather a history where the world has one, and then plays the
failures of both versions, one after the other. Here a failure is an incident that counts: what the ledger makes of restarts,
excuses and losses is played before the real judge, by `tests.canary.simulation`.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from canary.judge.host_rates import Past, relative_rates
from canary.rules import RuleCSettings
from tests.canary.simulation.bounds import most_allowed, upper_limit
from tests.canary.simulation.many_lives import Floats, judge

AT_ONCE = 500
"""Lives in one array."""
LIMITS = RuleCSettings()


@dataclass(frozen=True, kw_only=True)
class World:
    """How a cluster is; one unit of time is the mean time between two failures of an instance of the old version."""

    name: str
    new: int = 5
    servers: int = 10
    failures: int = 100
    """How many of both versions are watched."""
    ratio: float = 1.0
    """How many times as often the new version fails."""
    spread: float = 0.0
    """Of the logarithm of the servers' rates."""
    history: int = 0
    """Failures of the old version that each server has seen at least, before the new one came."""
    broken_new: float = 1.0
    """How many times as often one of the new version's servers fails, whatever runs there."""
    flapping_old: float = 1.0
    """The same of one of the old version's, since the new one came."""
    mended_old: float = 1.0
    """One of the old version's servers failed that many times as often, until the new one came."""
    is_busiest: bool = False
    """The new version is on the servers that fail most often."""
    shape: float = 1.0
    """Of the Weibull distribution of what a run lasts; below 1 it is fragile while young. The old version is up for 1."""
    margin: float = LIMITS.margin
    held: float | None = None
    """In which part of all lives it may be held; None: it is a bad version, and is to be held."""
    suspect: float | None = None
    found: float = 0.0
    """In which part of all lives it is to be found."""


@dataclass(frozen=True)
class Outcome:
    """What many lives of a world came to."""

    world: World
    seed: int
    lives: int
    suspect: int
    held: int
    differs: int
    """Lives in which only one server, or servers that differ, spoke for it."""
    suspect_after: Floats
    """In how many failures, in rising order, of those that were suspect."""
    suspect_at: Floats
    """After which time, in the world's unit."""
    held_after: Floats

    @property
    def broken(self) -> Iterator[str]:
        """The promises that do not hold, each in a few words; a gate is what 1 in 1,000 would exceed if they did."""
        for what, found, rate in (("held", self.held, self.world.held), ("suspect", self.suspect, self.world.suspect)):
            if rate is not None and found > (most_allowed(self.lives, rate) if rate else 0):
                yield f"{what} {found} of {self.lives}, and {rate:.1%} are allowed"
        if self.suspect < self.world.found * self.lives:
            yield f"found {self.suspect} of {self.lives}, and {self.world.found:.0%} are wanted"


def play(world: World, seed: int, lives: int) -> Outcome:
    """Play so many lives of a world."""
    dice = np.random.default_rng(seed)
    parts = [_play_some(world, dice, min(AT_ONCE, lives - done)) for done in range(0, lives, AT_ONCE)]
    suspect, held, differs, times = (np.concatenate(each) for each in zip(*parts, strict=True))
    is_suspect, is_held = suspect > 0, held > 0
    return Outcome(
        world=world,
        seed=seed,
        lives=lives,
        suspect=int(is_suspect.sum()),
        held=int(is_held.sum()),
        differs=int((differs & ~is_suspect).sum()),
        suspect_after=np.sort(suspect[is_suspect]),
        suspect_at=np.sort(times[is_suspect]),
        held_after=np.sort(held[is_held]),
    )


def _play_some(world: World, dice: np.random.Generator, lives: int) -> tuple[Floats, ...]:
    rates = np.exp(world.spread * dice.standard_normal((lives, world.servers)))
    if world.is_busiest:
        rates = -np.sort(-rates, axis=1)
    before = rates.copy()
    before[:, world.new] *= world.mended_old
    weights = _history(world, dice, before) if world.history else np.ones_like(rates)
    rates[:, : world.new] *= world.ratio
    rates[:, 0] *= world.broken_new
    rates[:, world.new] *= world.flapping_old
    servers, times = _failures(world, dice, rates)
    course = judge(servers, weights, world.new, world.margin)
    suspect, held = (_first(course.counts >= limit) for limit in (LIMITS.suspect_log10, LIMITS.block_log10))
    at = np.take_along_axis(times, np.maximum(suspect - 1, 0).astype(np.intp)[:, None], axis=1)[:, 0]
    return suspect, held, (course.pooled >= LIMITS.suspect_log10).any(axis=1), at


def _first(reached: NDArray[np.bool_]) -> Floats:
    """The number of the failure at which it was reached; 0: never."""
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, 0.0)


def _history(world: World, dice: np.random.Generator, rates: Floats) -> Floats:
    """The old version runs on all servers until each has seen its failures; what the rule makes of that."""
    waits = dice.gamma(world.history, size=rates.shape) / rates
    lasts = waits.max(axis=1, keepdims=True)
    failures = world.history + dice.poisson(rates * (lasts - waits))
    rows = zip(failures.tolist(), lasts[:, 0].tolist(), strict=True)
    return np.array([_weights(seen, seconds) for seen, seconds in rows])


def _weights(failures: list[int], seconds: float) -> list[float]:
    return list(relative_rates({str(place): Past(seen, seconds) for place, seen in enumerate(failures)}).values())


def _failures(world: World, dice: np.random.Generator, rates: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Which server fails, and when, the first of them all first."""
    lives, servers = rates.shape
    if world.shape == 1.0:
        chances = np.cumsum(rates / rates.sum(axis=1, keepdims=True), axis=1)
        drawn = dice.random((lives, world.failures, 1))
        who = np.minimum((drawn > chances[:, None, :]).sum(axis=2), servers - 1)
        gaps = dice.exponential(size=(lives, world.failures)) / rates.sum(axis=1, keepdims=True)
        return who, np.cumsum(gaps, axis=1)
    each = world.failures + 20  # some fail before the new version comes
    scale = 1 / (math.gamma(1 + 1 / world.shape) * rates)
    ends = np.cumsum(dice.weibull(world.shape, (lives, servers, each)) * scale[:, :, None], axis=2)
    ends[:, world.new :] -= 1.0
    ends = np.where(ends > 0, ends, np.inf).reshape(lives, -1)
    order = np.argsort(ends, axis=1)[:, : world.failures]
    return order // each, np.take_along_axis(ends, order, axis=1)


GATES = {"held": 0.001, "suspect": 0.01}
"""What rule C promises of a version that is no worse than the one before."""
MEASURED = {"held": 0.01}
"""What is only measured: worlds that the promise does not cover."""

WORLDS = (
    *(World(name=f"alike, {new} of {of}", new=new, servers=of, **GATES) for new, of in ((5, 10), (2, 4), (2, 10))),
    World(name="alike, 1.25 times as bad, 5 of 10", ratio=1.25, **GATES),
    World(name="alike, 300 failures, 5 of 10", failures=300, **GATES),
    World(name="alike, 20 failures of history each, 5 of 10", history=20, **GATES),
    *(
        World(
            name=f"spread 0.5, 20 failures of history each, {new} of {of}",
            new=new,
            servers=of,
            spread=0.5,
            history=20,
            **GATES,
        )
        for new, of in ((5, 10), (2, 4), (2, 10))
    ),
    World(name="spread 0.5, 20 each, 300 failures, 5 of 10", spread=0.5, history=20, failures=300, **GATES),
    World(name="spread 0.5, 20 each, the busiest 2 of 10", spread=0.5, history=20, new=2, is_busiest=True, **GATES),
    World(name="spread 1.0, 20 failures of history each, 5 of 10", spread=1.0, history=20, **MEASURED),
    World(name="spread 1.0, 20 each, the busiest 2 of 10", spread=1.0, history=20, new=2, is_busiest=True, **MEASURED),
    *(
        World(name=f"spread {spread}, no history, {new} of {of}", new=new, servers=of, spread=spread, **limits)
        for spread, new, of, limits in (
            (0.5, 5, 10, MEASURED),
            (0.5, 2, 4, MEASURED),
            (0.5, 2, 10, MEASURED),
            (1.0, 5, 10, MEASURED),
            (1.0, 2, 4, {}),
            (1.0, 2, 10, MEASURED),
        )
    ),
    World(name="spread 0.5, no history, the busiest 2 of 10", spread=0.5, new=2, is_busiest=True),
    World(name="spread 1.0, no history, the busiest 2 of 10", spread=1.0, new=2, is_busiest=True),
    *(
        World(name=f"fragile while young, {new} of {of}", new=new, servers=of, shape=0.5, **MEASURED)
        for new, of in ((5, 10), (2, 4), (2, 10))
    ),
    World(name="fragile while young, 10 of 20", new=10, servers=20, shape=0.5),
    World(name="one of the 5 new servers is broken, of 10", broken_new=144.0, held=0.0),
    World(name="one of the 2 new servers is broken, of 10", new=2, broken_new=144.0, held=0.0),
    World(name="the one new server of 10 is broken", new=1, broken_new=144.0, held=0.0),
    World(name="an old server that flapped is mended", mended_old=144.0, history=5, **GATES),
)
"""Versions that are no worse than the one before, or hardly."""

BAD = (
    World(name="5 times, 5 of 10 alike", ratio=5.0, found=0.9),
    World(
        name="10 times beside an old server that flaps, 5 of 10",
        ratio=10.0,
        flapping_old=144.0,
        failures=600,
        found=0.9,
    ),
    World(
        name="5 times, spread 0.5, 20 failures of history each, 5 of 10", ratio=5.0, spread=0.5, history=20, found=0.85
    ),
    World(name="5 times, spread 0.5, no history, 5 of 10", ratio=5.0, spread=0.5),
    World(name="5 times, 2 of 10 alike", ratio=5.0, new=2),
    World(name="5 times, 2 of 4 alike", ratio=5.0, new=2, servers=4),
    World(name="10 times, 5 of 10 alike", ratio=10.0, found=0.97),
    World(name="10 times, 2 of 4 alike", ratio=10.0, new=2, servers=4),
    World(name="3 times, 5 of 10 alike", ratio=3.0),
    World(name="2 times, 5 of 10 alike", ratio=2.0, failures=400),
)
"""Versions that fail more often, and how many are to be found."""

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    lives: Annotated[
        int, typer.Option(min=1, help="Lives of each world; of a broken server and a bad version, fewer.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The first one; each world has the next.")] = 1,
    only: Annotated[str, typer.Option(help="Worlds whose name holds this.")] = "",
) -> None:
    """Play all worlds, and end with 1 when a promise is broken."""
    is_broken = False
    for number, world in enumerate((*WORLDS, *BAD)):
        if only not in world.name:
            continue
        began_s = perf_counter()
        outcome = play(
            world,
            seed + number,
            lives if world.held or (world.held is None and world in WORLDS) else max(1, 3 * lives // 20),
        )
        typer.echo(f"{told(outcome)} [{perf_counter() - began_s:.0f} s]")
        for what in outcome.broken:
            is_broken = True
            typer.echo(f"  broken: {what}")
    sys.exit(1 if is_broken else 0)


def told(outcome: Outcome) -> str:
    """One line of it."""
    lives = outcome.lives
    counts = (("suspect", outcome.suspect), ("held", outcome.held))
    shares = ", ".join(
        f"{what} {count} ({count / lives:.2%}, at most {upper_limit(count, lives):.2%})" for what, count in counts
    )
    line = f"{outcome.world.name}: seed {outcome.seed}, {lives} lives: {shares}, one server or unlike ones {outcome.differs}"
    if outcome.world in BAD and len(outcome.suspect_after):
        median_after = np.median(np.pad(outcome.suspect_after, (0, lives - outcome.suspect), constant_values=np.inf))
        median_at = np.median(np.pad(outcome.suspect_at, (0, lives - outcome.suspect), constant_values=np.inf))
        line += f"; suspect after {median_after:.0f} failures, {median_at:.2g} units of time, in the median"
    return line


if __name__ == "__main__":
    app()
