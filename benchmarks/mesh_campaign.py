"""The part of a run that takes the figures of linked servers; it judges nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks.clusters import Linked, run_line, run_nats_pair
from benchmarks.convergence import measure_convergence
from benchmarks.crowd import idle_bytes
from benchmarks.deploying import DeployingPlan, measure_deploying
from benchmarks.errors import BenchmarkError
from benchmarks.hops import HopRates, measure_chain
from benchmarks.measure import Load
from benchmarks.mesh_results import HopCell, MeshResults
from benchmarks.passwords import measure_attacks
from benchmarks.servers import NATS, OURS
from benchmarks.shapes import LINE_BYTES, SHAPES
from benchmarks.switching import SwitchingPlan, measure_switching
from benchmarks.workers import Workers

MESH_STAGES = ("hop", "chain", "passwords", "convergence", "colours", "deployments")
IDLE_LINKS = 100
ADDRESSES = 500
"""From how many an attack comes that no delay of one address can hold back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshEffort:
    """How much of it a run does."""

    chain_messages: int = 1_000_000
    attempts: int = 1_000
    attacks: int = 5
    """From one address, one after the other."""
    attacked_pings: int = 1_000
    cycles: int = 3
    """Joins, losses and returns."""
    switching: SwitchingPlan = field(default_factory=SwitchingPlan)
    deploying: DeployingPlan = field(default_factory=DeployingPlan)


class MeshCampaign:
    """Takes the figures of linked servers, telling `say` what comes next.

    Args:
        effort: How much to do.
        results: Where the figures go.
        problems: Where it says what has failed.
        say: Progress.
    """

    def __init__(
        self, effort: MeshEffort, results: MeshResults, problems: list[str], say: Callable[[str], None]
    ) -> None:
        self._effort = effort
        self._results = results
        self._problems = problems
        self._say = say

    def hops(self, servers: tuple[str, ...], loads: tuple[Load, ...], rounds: int, workers: Workers) -> None:
        """The rates over one hop and within one server, of our router and of nats-server, in turn."""
        with self._survive("hop"), ExitStack() as stack:
            pairs: dict[str, Linked] = {}
            if OURS in servers:
                pairs[OURS] = stack.enter_context(run_line(2))
            if NATS in servers:
                pairs[NATS] = stack.enter_context(run_nats_pair())
            for load in loads:
                self._say(f"one hop, {load.line_bytes}-byte lines")
                cells = [HopCell(name, load.line_bytes, HopRates([], [])) for name in pairs]
                for _ in range(rounds):
                    for cell in cells:
                        cell.rates.take(pairs[cell.server], load, workers)
                self._results.hops += cells
                for cell in cells:
                    self._note(cell)

    def chain(self, workers: Workers) -> None:
        """Numbered messages over three hops."""
        self._say(f"{self._effort.chain_messages:,} messages over three hops")
        with self._survive("chain"), run_line(4) as line:
            self._results.chain = measure_chain(line, self._effort.chain_messages, LINE_BYTES[0], workers)

    def passwords(self, workers: Workers) -> None:
        """The latency while others guess passwords, from one address and from many."""
        effort = self._effort
        with self._survive("passwords"):
            for sources, rounds in ((1, effort.attacks), (min(ADDRESSES, effort.attempts), 1)):
                self._say(f"{effort.attempts:,} wrong passwords from {sources} address{'es' if sources > 1 else ''}")
                attack = measure_attacks(rounds, effort.attempts, sources, effort.attacked_pings, workers)
                self._results.attacks.append(attack)

    def convergence(self) -> None:
        """How fast five routers agree."""
        self._say("convergence of five routers")
        with self._survive("convergence"):
            self._results.converged_s = measure_convergence(self._effort.cycles)

    def colours(self) -> None:
        """How fast five routers switch to another version, and what becomes of messages meanwhile."""
        plan = self._effort.switching
        self._say(f"{plan.switches} switches of five routers, {plan.per_s:,} messages a second")
        with self._survive("colours"):
            self._results.switching = measure_switching(plan)

    def deployments(self) -> None:
        """How fast five routers obey what is said to a deployment, and what becomes of messages meanwhile."""
        plan = self._effort.deploying
        self._say(f"{plan.rounds} deployments to five routers with canaries, {plan.per_s:,} messages a second")
        with self._survive("deployments"):
            self._results.deploying = measure_deploying(plan)

    def memory(self, workers: Workers) -> None:
        """A router with idle links and one to another router."""
        self._say("memory of a linked router")
        with self._survive("memory"), run_line(2) as line:
            self._results.linked_bytes = idle_bytes(line.first, IDLE_LINKS, workers)

    def _note(self, cell: HopCell) -> None:
        for where, runs in (("local", cell.rates.local), ("hop", cell.rates.hop)):
            what = f"hop {cell.line_bytes} {cell.server}, {where}"
            self._problems += [f"{what}: {run.error}" for run in runs if run.error]
            self._problems += [f"{what}: {run.lost:,} of {run.sent:,} messages lost" for run in runs if run.lost]

    @contextmanager
    def _survive(self, what: str) -> Iterator[None]:
        try:
            yield
        except BenchmarkError as error:
            self._problems.append(f"{what}: {error}")


def hop_loads(line_bytes: tuple[int, ...], duration_s: float) -> tuple[Load, ...]:
    """What is sent over a hop: one sender, one receiver, TCP."""
    return tuple(Load(shape=SHAPES[0], transport="tcp", line_bytes=size, duration_s=duration_s) for size in line_bytes)
