"""The command ``python -m tests.canary.simulation.deployments``: thousands of deployments before the real machine and rule C.

Ten hosts, one failure per instance and hour; the default steps, of which each bakes until 60 failures were seen or 4 h are over. A
failure is an incident that counts, as in `tests.canary.simulation.arms`; the version is up on a host at once. Only rule C and the
pace judge here: what rules A and B find is found sooner. `tests.canary.simulation.few_hosts` plays on four hosts.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Annotated

import msgspec
import numpy as np
import typer

from canary.deployment.findings import findings, step_of
from canary.deployment.machine import advance
from canary.deployment.pace import pace_of
from canary.deployment.sight import Instance, Seen
from canary.deployment.spec import Spec, Step, Until
from canary.deployment.start import Ground, Word, begin
from canary.judge.compared import Compared, compare
from canary.judge.comparing import ComparedCell, Comparison
from canary.judge.host_rates import Past, relative_rates
from canary.judge.two_arms import PLACES, Failed, TwoArms
from canary.records import Version
from canary.records.deployments import Deploying, DeploymentMoved
from canary.rules import Rules
from tests.canary.simulation.bounds import most_allowed, upper_limit

HOUR_S = 3_600.0
FAILURES, LONGEST_S = 60, 4 * HOUR_S
STEPS = tuple(
    Step(servers=part, bake=0.0, until=Until(failures=FAILURES, time=1e9)) for part in (1, "25%", "50%", "100%")
)
SPEC = Spec(name="web", service="billing", version="2", executor="roll", steps=STEPS, bake=0.0, timeout=30 * 86_400.0)
RULES = Rules()
NOTHING = TwoArms()
NEW, OLD = Version("billing", "2", ""), Version("billing", "1", "")


@dataclass(frozen=True)
class World:
    """How a cluster is."""

    name: str
    ratio: float = 1.0
    """How many times as often the new version fails."""
    spread: float = 0.0
    """Of the logarithm of the servers' rates."""
    history: int = 0
    """Failures of the old version that each server has seen at least."""
    paused: float | None = None
    """In which part of all deployments it may pause or go back,"""
    aborted: float | None = None
    """and in which part go back."""
    found: float = 0.0
    """In which part it is to do so before half of the hosts have it."""
    hosts: int = 10
    per_hour: float = 1.0
    """How often an instance of the old version fails."""
    spec: Spec = SPEC


WORLDS = (
    World("alike", paused=0.01, aborted=0.001),
    World("spread 0.5, 20 failures of history each", spread=0.5, history=20, paused=0.01, aborted=0.001),
    World("5 times as bad, alike", ratio=5.0, found=0.9),
    World("5 times as bad, spread 0.5, 20 failures of history each", ratio=5.0, spread=0.5, history=20),
    World("3 times as bad, alike", ratio=3.0),
    World("10 times as bad, alike", ratio=10.0, found=0.9),
)


@dataclass
class Cluster:
    """One deployment on it."""

    world: World
    dice: np.random.Generator
    now_s: float = 0.0
    comparison: Comparison = field(default_factory=lambda: Comparison(NEW, 0, OLD))

    def __post_init__(self) -> None:
        """Draw how often each host fails, and what is known of that."""
        self.names = [f"h{number}" for number in range(self.world.hosts)]
        mean = self.world.per_hour / HOUR_S
        self.rates = np.exp(self.world.spread * self.dice.standard_normal(self.world.hosts)) * mean
        self.cells = {OLD: {name: ComparedCell(runs={"r": None}) for name in self.names}, NEW: {}}
        self.comparison.cells = self.cells
        if self.world.history:
            self._remember()
        self.new = 0
        self._see_all(0)

    def _remember(self) -> None:
        waits = self.dice.gamma(self.world.history, size=self.world.hosts) / self.rates
        lasts_s = float(waits.max())
        for number, cell in enumerate(self.cells[OLD].values()):
            extra = int(self.dice.poisson(self.rates[number] * (lasts_s - waits[number])))
            cell.past_failures, cell.past_seconds = self.world.history + extra, lasts_s
        past = {name: Past(cell.past_failures, cell.past_seconds) for name, cell in self.cells[OLD].items()}
        self.comparison.weights = relative_rates(past)

    def _see_all(self, new: int) -> None:
        """The first hosts have the new version from now on."""
        for number, name in enumerate(self.names):
            old, is_new = self.cells[OLD][name], number < new
            if is_new and name not in self.cells[NEW]:
                self.cells[NEW][name] = ComparedCell(runs={"r": None}, at_risk_since_s=self.now_s)
                old.seconds, old.at_risk_since_s = old.at_risk_s(self.now_s), None
                old.runs.clear()
            elif not is_new and old.at_risk_since_s is None:
                old.at_risk_since_s = self.now_s
        self.new = new

    def place(self, new: int) -> None:
        """So many hosts have the new version."""
        if new != self.new:
            self._see_all(new)

    def wait(self, until_s: float) -> None:
        """Wait for the next failure, or until that moment, whichever is first."""
        rates = self.rates.copy()
        rates[: self.new] *= self.world.ratio
        total = float(rates.sum())
        fails_at_s = self.now_s + float(self.dice.exponential(1 / total))
        self.now_s = min(fails_at_s, until_s)
        if fails_at_s <= until_s:
            self._fail(int(self.dice.choice(self.world.hosts, p=rates / total)))

    def _fail(self, number: int) -> None:
        is_new, name = number < self.new, self.names[number]
        self.cells[NEW if is_new else OLD][name].failures += 1
        arms = self.comparison.arms
        failed = Failed(
            is_new,
            arms.place_of(name, is_new=is_new),
            self._by_place(self.names[: self.new], is_new=True),
            self._by_place(self.names[self.new :], is_new=False),
        )
        arms.add(failed, RULES.c.margin)

    def _by_place(self, names: list[str], *, is_new: bool) -> tuple[float, ...]:
        found = [0.0] * PLACES
        places = 0
        for name in names:
            place = self.comparison.arms.place_of(name, is_new=is_new)
            found[place] += self.comparison.weights.get(name, 1.0)
            places = max(places, place + 1)
        return tuple(found[:places])

    def seen(self) -> Seen:
        """What the leader sees. Evidence that cannot reach a limit is not worked out: nothing follows from it."""
        may_count = self.comparison.arms.may_reach(RULES.c.suspect_log10)
        compared: Compared = compare(self.comparison, RULES, self.now_s, None if may_count else NOTHING)
        instances = {
            name: (Instance("2" if number < self.new else "1", "", is_running=True, has_passed=True),)
            for number, name in enumerate(self.names)
        }
        known = frozenset(self.names)
        return Seen(
            self.now_s,
            known,
            known,
            instances,
            compared=compared,
            pace=pace_of(compared.servers, RULES.c.margin),
            exposed_s=sum(one.seconds for one in compared.servers if one.is_new),
            failures=sum(one.failures for one in compared.servers),
        )


@dataclass(frozen=True)
class Outcome:
    """How one deployment went."""

    hosts: int
    """Those that had it when it paused or went back; all, and one more, if neither happened."""
    is_paused: bool
    is_aborted: bool
    why: str = ""


def play(world: World, dice: np.random.Generator) -> Outcome:
    """Play one deployment until it pauses, goes back or is done."""
    cluster = Cluster(world, dice)
    instances = {name: (Instance("1", "", is_running=True, has_passed=True),) for name in cluster.names}
    ground = Ground(instances, frozenset(cluster.names))
    at = Deploying(
        begin(
            msgspec.structs.replace(world.spec, servers=tuple(cluster.names)), "d", Word("start", "root"), ground, None
        ),
        0.0,
        0.0,
    )
    step_began_s = 0.0
    while True:
        while (moved := _next(at, cluster, step_began_s)) is not None:
            if moved.step != at.at.step or moved.phase != at.at.phase:
                step_began_s = cluster.now_s
            at = Deploying(moved, cluster.now_s, 0.0)
            cluster.place(moved.placed)
            if moved.phase in ("aborting", "done") or (moved.phase == "paused" and moved.pause != "inconclusive"):
                is_aborted, is_paused = moved.phase == "aborting", moved.phase == "paused"
                hosts = world.hosts + 1 if moved.phase == "done" else moved.placed
                return Outcome(hosts, is_paused or is_aborted, is_aborted, moved.reason)
        cluster.wait(_due_s(at.at, cluster))


def _due_s(at: DeploymentMoved, cluster: Cluster) -> float:
    """When something follows although nothing fails."""
    due_s = math.inf if at.until_at_s is None or at.until_at_s <= cluster.now_s else at.until_at_s
    until_s = step_of(at).until.time
    if at.pause != "inconclusive" or until_s is None:
        return due_s
    left_s = until_s - (cluster.seen().exposed_s - at.exposed_s)
    return min(due_s, cluster.now_s + max(0.0, left_s) / at.placed + 1.0)


def _next(at: Deploying, cluster: Cluster, step_began_s: float):
    """Four hours are enough, whatever was seen: then it is promoted by its time."""
    seen = cluster.seen()
    if at.at.phase == "paused" and cluster.now_s - step_began_s >= LONGEST_S and not [*findings(at.at, seen)]:
        seen = seen._replace(exposed_s=1e12)
    return advance(at, seen)


app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    deployments: Annotated[
        int, typer.Option(min=1, help="Of each world of good versions; of bad ones a tenth.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The first one; each world has the next.")] = 1,
    only: Annotated[str, typer.Option(help="Worlds whose name holds this.")] = "",
) -> None:
    """Play all worlds, and end with 1 when a promise is broken."""
    broken = [
        line
        for number, world in enumerate(WORLDS)
        if only in world.name
        for line in _played(world, seed + number, deployments)
    ]
    sys.exit(1 if broken else 0)


def _played(world: World, seed: int, deployments: int) -> Iterator[str]:
    began_s, dice = perf_counter(), np.random.default_rng(seed)
    many = deployments if world.paused is not None else max(1, deployments // 10)
    outcomes = [play(world, dice) for _ in range(many)]
    paused, aborted = sum(one.is_paused for one in outcomes), sum(one.is_aborted for one in outcomes)
    early = sum(one.hosts < world.hosts / 2 for one in outcomes)
    typer.echo(
        f"{world.name}: seed {seed}, {many} deployments: paused or aborted {paused} (at most {upper_limit(paused, many):.2%}), "
        f"aborted {aborted}, before half of the hosts {early} ({early / many:.1%}) [{perf_counter() - began_s:.0f} s]"
    )
    for what, found, rate in (("paused", paused, world.paused), ("aborted", aborted, world.aborted)):
        if rate is not None and found > most_allowed(many, rate):
            yield _told(f"  broken: {what} {found} of {many}, {most_allowed(many, rate)} are allowed")
    if early < world.found * many:
        yield _told(f"  broken: {early} of {many} before half of the hosts, {world.found:.0%} are wanted")


def _told(line: str) -> str:
    typer.echo(line)
    return line


if __name__ == "__main__":
    app()
