"""The part of a run that is about clocks: which figures are taken, how often and in which order; it judges nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.clock_accuracy import HOSTS, measure_exchanges, measure_windows
from benchmarks.clock_accusations import measure_accusations
from benchmarks.clock_beside import await_synchronised, measure_chronyd, measure_sntp
from benchmarks.clock_busy import run_busy
from benchmarks.clock_cluster import run_watched_cluster
from benchmarks.clock_detection import measure_detections
from benchmarks.clock_many import measure_load
from benchmarks.clock_programs import Chronyd, ChronyHost, run_chrony_host
from benchmarks.clock_results import IN_USE, IN_USE_READ, LARGE, ClockResults, SolveTime
from benchmarks.clock_spread import Accuracy
from benchmarks.errors import BenchmarkError
from communicator.errors import BellwetherError
from tests.timekeeper.simulation.large import time_solve

SOLVED = ((30, 28), (300, 20), (LARGE, 20))
"""Hosts, and links of each: a full mesh, and two overlays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEffort:
    """How much is done."""

    exchanges: int = 100_000
    probed_s: float = 8.0
    hosts: int = HOSTS
    busy_processes: int = 4
    questions: int = 300
    read_s: float = 10.0
    solved: tuple[tuple[int, int], ...] = SOLVED
    solves: int = 3
    detect: bool = True
    crowd: int = LARGE
    """Hosts among which one timekeeper is measured; 0 for not at all."""
    crowd_s: float = 60.0


class ClockCampaign:
    """Takes the figures that are asked for; what fails is noted and the rest goes on.

    Args:
        effort: How much to do.
        results: Where the figures go.
        problems: Where failures go.
        say: Told what comes next.
    """

    def __init__(
        self, effort: ClockEffort, results: ClockResults, problems: list[str], say: Callable[[str], None]
    ) -> None:
        self._effort = effort
        self._results = results
        self._problems = problems
        self._say = say

    def run(self) -> None:
        """Take all of them; chronyd settles while our own estimates are measured."""
        with ExitStack() as stack:
            chronyds: list[Chronyd] = []
            with self._survive("chronyd"):
                chronyds += _start_chronyds(stack.enter_context(run_chrony_host()))
            with self._survive("our estimates"):
                self._measure_quiet()
                self._measure_busy()
            if chronyds:
                with self._survive("estimates of others"):
                    self._measure_others(*chronyds)
        self._measure_solves()
        self._measure_loads()
        if self._effort.detect:
            self._say("seconds until a step of a clock is told")
            with self._survive("detection"), run_watched_cluster() as cluster:
                self._results.detections += measure_detections(cluster)

    def _measure_quiet(self) -> None:
        effort, found = self._effort, self._results
        self._say(f"error of a clock, {effort.exchanges:,} exchanges, then as in use")
        singles, bursts, found.refused = measure_exchanges(effort.exchanges)
        found.quiet += [singles, bursts, *self._measure_windows()]

    def _measure_busy(self) -> None:
        effort, found = self._effort, self._results
        self._say(f"the same, and accusations, beside {effort.busy_processes} busy processes")
        found.busy_processes = effort.busy_processes
        with run_busy(effort.busy_processes):
            found.busy += self._measure_windows()
            found.accusations.append(asyncio.run(measure_accusations(effort.probed_s)))

    def _measure_others(self, server: Chronyd, client: Chronyd) -> None:
        self._say("what others say of the same clock")
        await_synchronised(client)
        self._results.beside += [
            measure_sntp(server.ntp, self._effort.questions),
            measure_chronyd(client, self._effort.read_s),
        ]

    def _measure_windows(self) -> list[Accuracy]:
        effort = self._effort
        return [
            measure_windows(what, effort.probed_s, kernel_timestamps=kernel, hosts=effort.hosts)
            for what, kernel in ((IN_USE, True), (IN_USE_READ, False))
        ]

    def _measure_solves(self) -> None:
        self._say("solutions")
        for hosts, degree in self._effort.solved:
            taken = time_solve(hosts, degree, runs=self._effort.solves)
            self._results.solves.append(SolveTime(hosts, int(taken["links"]), taken["solve_s"], taken["judge_s"]))

    def _measure_loads(self) -> None:
        hosts = self._effort.crowd
        if not hosts:
            return
        self._say(f"one timekeeper among {hosts:,} hosts at rest, one that repeats and one that solves")
        with self._survive("a timekeeper at rest"):
            for solves in (False, True):
                self._results.loads.append(measure_load(hosts, solves=solves, span_s=self._effort.crowd_s))

    @contextmanager
    def _survive(self, what: str) -> Iterator[None]:
        try:
            yield
        except (BellwetherError, BenchmarkError) as error:
            self._problems.append(f"{what}: {error}")


def _start_chronyds(host: ChronyHost) -> tuple[Chronyd, Chronyd]:
    """A server whose clock is ours, and who follows it."""
    server = host.start_server()
    return server, host.start_client(server)
