"""One whole run: which figures are taken, how often and in which order; it prints progress only, and judges nothing."""

import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import codec, imports, scripts
from benchmarks.beside import ROUNDS, BesidePlan, check_out, measure_beside
from benchmarks.beside_intruders import ATTACKS, LINKS, measure_intruders
from benchmarks.book_costs import measure_book
from benchmarks.canary_campaign import CanaryCampaign, CanaryEffort
from benchmarks.checking import measure_checking
from benchmarks.clock_campaign import ClockCampaign, ClockEffort
from benchmarks.crowd import idle_bytes, measure_crowd
from benchmarks.crowded_doors import DoorEffort, measure_doors
from benchmarks.deploying import DeployingPlan
from benchmarks.errors import BenchmarkError
from benchmarks.exporter_load import measure_scrapes
from benchmarks.feature_reach import ReachPlan, measure_reach
from benchmarks.features import measure_evaluations, measure_loading
from benchmarks.measure import Load, Rate, measure_latency, measure_rate
from benchmarks.mesh_campaign import IDLE_LINKS as FEW_LINKS
from benchmarks.mesh_campaign import MESH_STAGES, MeshCampaign, MeshEffort, hop_loads
from benchmarks.page_load import measure_page
from benchmarks.results import CrowdCell, LatencyCell, RateCell, Results
from benchmarks.servers import IDLE_LINKS, NAMES, OURS, OURS_ASYNCIO, Server, run_server
from benchmarks.shadow_path import PathPlan
from benchmarks.shadowing import ShadowPlan, measure_shadowing
from benchmarks.shapes import LINE_BYTES, SHAPES, Shape
from benchmarks.switching import SwitchingPlan
from benchmarks.workers import Workers, run_workers

STAGES = (
    *(shape.name for shape in SHAPES),
    *(
        "latency",
        "crowd",
        "checking",
        "intruders",
        "doors",
        "process",
        *MESH_STAGES,
        "clock",
        "canary",
        "book",
        "scrape",
        "page",
        "features",
        "shadow",
        "codec",
        "script",
        "import",
    ),
)
IDLE_SERVICES = 1_000
_ROOT = Path(__file__).resolve().parent.parent
_OTHER_PYTHONS = tuple(_ROOT / folder / "bin" / "python" for folder in (".venv-oldest", ".venv-3.11"))
"""Environments of another Python: the one CI makes, or the one `make test` is told to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much a run does."""

    stages: tuple[str, ...] = STAGES
    servers: tuple[str, ...] = NAMES
    line_bytes: tuple[int, ...] = LINE_BYTES
    rounds: int = 5
    duration_s: float = 0.4
    pings: int = 400
    starts: int = 5
    mesh: MeshEffort = field(default_factory=MeshEffort)
    clock: ClockEffort = field(default_factory=ClockEffort)
    canary: CanaryEffort = field(default_factory=CanaryEffort)
    intruded_pings: int = 200
    """Messages timed in each half of a pair; the bar is about 1,000, which takes a quarter of an hour."""
    book_turns: int = 1_000
    doors: DoorEffort = field(default_factory=DoorEffort)
    scrapes: int = 10_000
    pages: int = 100
    evaluations: int = 15
    """Rounds of 2,000 through our provider and through the bare evaluator, in turn."""
    reach: ReachPlan = field(default_factory=ReachPlan)
    shadow: ShadowPlan = field(default_factory=ShadowPlan)
    beside: str = ""
    """A commit whose router is measured beside ours; then rates and latencies of both are all that is taken."""


QUICK = Effort(
    line_bytes=(100,),
    rounds=3,
    duration_s=0.15,
    pings=150,
    starts=3,
    mesh=MeshEffort(
        chain_messages=200_000,
        attempts=200,
        attacks=1,
        attacked_pings=500,
        cycles=1,
        switching=SwitchingPlan(switches=6),
        deploying=DeployingPlan(rounds=2),
    ),
    clock=ClockEffort(exchanges=20_000, probed_s=4.0, questions=100, read_s=5.0, solves=1, detect=False, crowd=0),
    canary=CanaryEffort(facts=5_000, entries=100_000, appends=300, lives=200),
    intruded_pings=50,
    book_turns=200,
    doors=DoorEffort(routers=10, guessers=100, tries=2),
    scrapes=200,
    pages=20,
    evaluations=7,
    reach=ReachPlan(switches=50),
    shadow=ShadowPlan(alternations=5, messages=400, path=PathPlan(alternations=3, messages=200)),
)


class Campaign:
    """Takes the figures of one run, telling `say` what comes next."""

    def __init__(self, effort: Effort, say: Callable[[str], None]) -> None:
        self._effort = effort
        self._say = say
        self.results = Results(machine=describe_machine(), settings=_describe(effort))

    def run(self) -> Results:
        """Take all figures that are asked for; what fails is noted and the rest goes on.

        Raises:
            ServerStartError: A server that is asked for does not start.
        """
        stages = self._effort.stages
        shapes = [shape for shape in SHAPES if shape.name in stages]
        if self._effort.beside:
            self._beside(shapes)
            return self.results
        with ExitStack() as stack:
            workers = stack.enter_context(run_workers())
            if shapes or "latency" in stages:
                with self._servers() as servers:
                    for shape in shapes:
                        self._rates(shape, servers, workers)
                    if "latency" in stages:
                        self._latencies(servers, workers)
            for name in (OURS, OURS_ASYNCIO):
                if name in self._effort.servers and "process" in stages:
                    self._process(name, workers)
            if OURS in self._effort.servers and "crowd" in stages:
                self._crowds(workers)
            if OURS in self._effort.servers and "checking" in stages:
                self._checking(workers)
            if "intruders" in stages:
                self._intruders(workers)
            self._mesh(workers)
        self._doors()
        self._clock()
        self._canary()
        self._book()
        self._scrape()
        self._page()
        self._features()
        self._shadow()
        self._library()
        return self.results

    def _beside(self, shapes: list[Shape]) -> None:
        effort = self._effort
        plan = BesidePlan(
            commit=effort.beside,
            servers=[name for name in (OURS, OURS_ASYNCIO) if name in effort.servers],
            shapes=shapes,
            line_bytes=effort.line_bytes,
            pings=effort.pings if "latency" in effort.stages else 0,
            duration_s=effort.duration_s / 2,
            rounds=max(effort.rounds, ROUNDS),
        )
        with run_workers() as workers:
            self.results.beside = measure_beside(plan, check_out(effort.beside), workers, self._say)

    @contextmanager
    def _servers(self) -> Iterator[list[Server]]:
        """All servers at once: they idle while another is measured, and each measurement meets the same machine."""
        with ExitStack() as stack:
            yield [stack.enter_context(run_server(name)) for name in self._effort.servers]

    def _rates(self, shape: Shape, servers: list[Server], workers: Workers) -> None:
        for line_bytes in self._effort.line_bytes:
            self._say(f"{shape.name}, {line_bytes}-byte lines")
            runs: dict[tuple[str, str], list[Rate]] = {}
            for _ in range(self._effort.rounds):
                for server in servers:
                    for transport in server.addresses:
                        load = Load(
                            shape=shape, transport=transport, line_bytes=line_bytes, duration_s=self._effort.duration_s
                        )
                        rate = measure_rate(server, load, workers)
                        runs.setdefault((transport, server.name), []).append(rate)
            for (transport, name), taken in sorted(runs.items(), key=lambda item: item[0][0]):
                self.results.rates.append(RateCell(shape.name, line_bytes, transport, name, taken))
                self._note(f"{shape.name} {line_bytes} {transport} {name}", taken)

    def _note(self, what: str, runs: list[Rate]) -> None:
        for run in runs:
            if run.error:
                self.results.problems.append(f"{what}: {run.error}")
            if run.lost:
                self.results.problems.append(f"{what}: {run.lost:,} of {run.sent:,} messages lost")

    def _latencies(self, servers: list[Server], workers: Workers) -> None:
        self._say("one-way latency")
        cells = {
            (transport, server.name): LatencyCell(transport, server.name, [], [])
            for server in servers
            for transport in server.addresses
        }
        for _ in range(self._effort.rounds):
            for server in servers:
                for transport in server.addresses:
                    latency = measure_latency(server, transport, LINE_BYTES[0], self._effort.pings, workers)
                    taken = sorted(latency.one_way_s)
                    cell = cells[transport, server.name]
                    cell.p50s_s.append(taken[len(taken) // 2])
                    cell.p99s_s.append(taken[len(taken) * 99 // 100])
        self.results.latencies = sorted(cells.values(), key=lambda cell: cell.transport)

    def _process(self, name: str, workers: Workers) -> None:
        """Start-up and memory of our router, each time in a new process."""
        self._say(f"start and memory of {name}")
        for _ in range(self._effort.starts):
            with run_server(name) as server:
                self.results.ready_s.setdefault(name, []).append(server.ready_s)
        with run_server(name) as server:
            self.results.idle_bytes[name] = idle_bytes(server, FEW_LINKS, workers)

    def _crowds(self, workers: Workers) -> None:
        load = Load(shape=SHAPES[0], transport="tcp", line_bytes=LINE_BYTES[0], duration_s=self._effort.duration_s)
        for what, count, joined in (("idle services", IDLE_SERVICES, True), ("idle links", IDLE_LINKS, False)):
            self._say(f"1:1 with {count:,} {what}")
            with run_server(OURS) as server, self._survive(f"{count:,} {what}"):
                rates = measure_crowd(server, load, count, joined=joined, rounds=self._effort.rounds, workers=workers)
                self._note(f"1:1 beside {count:,} {what}", [*rates.without, *rates.crowded])
                self.results.crowds.append(CrowdCell(what, count, rates.without, rates.crowded, rates.lost_links))

    def _checking(self, workers: Workers) -> None:
        effort = self._effort
        for line_bytes in effort.line_bytes:
            self._say(f"checked messages, {line_bytes}-byte lines")
            for cell in measure_checking(line_bytes, effort.duration_s, effort.rounds, workers):
                self.results.checks.append(cell)
                for mode, runs in cell.runs.items():
                    self._note(f"{cell.shape} {line_bytes} {cell.kind} checking {mode}", runs)

    def _intruders(self, workers: Workers) -> None:
        effort = self._effort
        for attack in ATTACKS:
            self._say(f"messages beside {attack.name}")
            for links in LINKS:
                for name in (OURS, OURS_ASYNCIO):
                    if name in effort.servers:
                        with self._survive(f"{attack.name}, {links} links, {name}"):
                            cell = measure_intruders(name, attack, links, effort.rounds, effort.intruded_pings, workers)
                            self.results.intruders.append(cell)

    def _mesh(self, workers: Workers) -> None:
        """What linked servers do; nats-server takes part in the hop alone."""
        effort, stages = self._effort, self._effort.stages
        campaign = MeshCampaign(effort.mesh, self.results.mesh, self.results.problems, self._say)
        if "hop" in stages:
            campaign.hops(effort.servers, hop_loads(effort.line_bytes, effort.duration_s), effort.rounds, workers)
        if OURS not in effort.servers:
            return
        if "chain" in stages:
            campaign.chain(workers)
        if "passwords" in stages:
            campaign.passwords(workers)
        if "convergence" in stages:
            campaign.convergence()
        if "colours" in stages:
            campaign.colours()
        if "deployments" in stages:
            campaign.deployments()
        if "process" in stages:
            campaign.memory(workers)

    def _doors(self) -> None:
        if OURS in self._effort.servers and "doors" in self._effort.stages:
            self._say("who gets in by crowded doors")
            self.results.doors = measure_doors(self._effort.doors)

    def _clock(self) -> None:
        if OURS in self._effort.servers and "clock" in self._effort.stages:
            ClockCampaign(self._effort.clock, self.results.clock, self.results.problems, self._say).run()

    def _canary(self) -> None:
        if OURS in self._effort.servers and "canary" in self._effort.stages:
            CanaryCampaign(self._effort.canary, self.results.canary, self.results.problems, self._say).run()

    def _book(self) -> None:
        if OURS in self._effort.servers and "book" in self._effort.stages:
            self._say(f"a full book, each figure {self._effort.book_turns:,} times")
            self.results.book.figures = measure_book(self._effort.book_turns)

    def _scrape(self) -> None:
        if OURS in self._effort.servers and "scrape" in self._effort.stages:
            self._say(f"/metrics of a large cluster, {self._effort.scrapes:,} times")
            with self._survive("/metrics"):
                self.results.exporter.scrapes = measure_scrapes(self._effort.scrapes, self._say)

    def _page(self) -> None:
        if OURS in self._effort.servers and "page" in self._effort.stages:
            self._say(f"the page, {self._effort.pages} times")
            with self._survive("the page"):
                self.results.page.figures = measure_page(self._effort.starts, self._effort.pages)

    def _features(self) -> None:
        if OURS in self._effort.servers and "features" in self._effort.stages:
            self._say("feature flags evaluated, and a full book of them loaded")
            self.results.features.evaluated = measure_evaluations(self._effort.evaluations)
            with self._survive("feature flags"):
                self.results.features.loaded = measure_loading()
                self._say("feature flags on five hosts, switched and spread")
                self.results.features.reach = measure_reach(self._effort.reach)

    def _shadow(self) -> None:
        if OURS in self._effort.servers and "shadow" in self._effort.stages:
            plan = self._effort.shadow
            self._say(f"a primary beside a shadow, {plan.alternations} alternations")
            with self._survive("shadow"):
                self.results.shadowing = measure_shadowing(plan)

    def _library(self) -> None:
        """What a service links, without a router."""
        if "codec" in self._effort.stages:
            self._codecs()
        if "script" in self._effort.stages:
            self._say("a long script")
            self.results.script_s = scripts.measure()
        if "import" in self._effort.stages:
            self._say("imports")
            self.results.imports_s = imports.measure()

    def _codecs(self) -> None:
        self._say("codec")
        self.results.codecs.append(codec.measure())
        other = next((python for python in _OTHER_PYTHONS if python.exists()), None)
        if other is not None:
            program = [str(other), "-m", "benchmarks.codec"]
            done = subprocess.run(program, cwd=_ROOT, check=True, capture_output=True, text=True)
            self.results.codecs.append(json.loads(done.stdout))

    @contextmanager
    def _survive(self, what: str) -> Iterator[None]:
        try:
            yield
        except BenchmarkError as error:
            self.results.problems.append(f"{what}: {error}")


def describe_machine() -> dict[str, str]:
    """What the figures were taken on."""
    model = "unknown"
    with contextlib.suppress(OSError):
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            if row.startswith("model name"):
                model = row.partition(":")[2].strip()
                break
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": str(os.cpu_count()),
        "processor": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": f"{os.getloadavg()[0]:.2f}",
    }


def _describe(effort: Effort) -> dict[str, object]:
    return {"rounds": effort.rounds, "duration_s": effort.duration_s, "pings": effort.pings, "python": sys.executable}
