"""Our router beside the one of another commit: each round takes a figure of both, so that the same machine meets both."""

import io
import os
import statistics
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from benchmarks.bars import Bar
from benchmarks.errors import BenchmarkError
from benchmarks.measure import Load, measure_latency, measure_rate
from benchmarks.servers import Server, run_server
from benchmarks.shapes import LINE_BYTES, Shape
from benchmarks.tables import make_table
from benchmarks.workers import Workers

RATIO = 0.97
"""What a figure may lose against the other commit."""
ROUNDS = 9
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class BesidePlan:
    """What is compared with which commit, and how often."""

    commit: str
    servers: Sequence[str]
    shapes: Sequence[Shape]
    line_bytes: Sequence[int]
    pings: int
    """Single messages of each latency; 0: none is taken."""
    duration_s: float
    rounds: int


@dataclass(frozen=True, slots=True)
class BesideRow:
    """One figure of both, of each round; larger is better."""

    what: str
    commit: str
    per_cpu_s: list[tuple[float, float]] = field(default_factory=list)
    """Messages in a second of the router's processor time: this tree's, and the commit's."""
    per_s: list[tuple[float, float]] = field(default_factory=list)
    """The same on the clock: messages in a second, or one divided by the median latency."""

    @property
    def ratios(self) -> list[float]:
        """This tree's by the commit's, of each round, the smallest first."""
        return sorted(new / old for new, old in self.per_cpu_s)

    @property
    def ratio(self) -> float:
        """The middle one of the rounds."""
        return statistics.median(self.ratios) if self.per_cpu_s else 0.0


def check_out(commit: str, root: Path = _ROOT) -> Path:
    """A folder below ``build/`` with the router as it was at a commit.

    Args:
        commit: Any name of it that git knows.
        root: Of the repository.

    Raises:
        BenchmarkError: There is no such commit.
    """
    name = _git(root, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}").decode().strip()
    folder = root / "build" / "beside" / name
    if not folder.exists():
        with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", name, "communicator"))) as packed:
            packed.extractall(folder, filter="data")
    return folder


def measure_beside(plan: BesidePlan, tree: Path, workers: Workers, say: Callable[[str], None]) -> list[BesideRow]:
    """Take all figures of both routers.

    Args:
        plan: What is compared.
        tree: Where the other commit is, see `check_out`.
        workers: The load processes.
        say: Told what comes next.

    Raises:
        BenchmarkError: A router does not start, or a run failed.
    """
    rows = []
    for name in plan.servers:
        with ExitStack() as stack:
            both = [stack.enter_context(run_server(name, tree=one)) for one in (None, tree)]
            # Both on one processor: beside whom a router runs makes more of a difference than most changes.
            for server in both:
                os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
            for what, take in _figures(plan, workers, both[0].addresses):
                say(f"{what}, {name}, beside {plan.commit}")
                row = BesideRow(f"{what}, {name}", plan.commit)
                for number in range(plan.rounds):
                    order = both if number % 2 else both[::-1]  # nobody is always the first
                    taken = {server.pid: take(server) for server in order}
                    new, old = (taken[server.pid] for server in both)
                    row.per_cpu_s.append((new[0], old[0]))
                    row.per_s.append((new[1], old[1]))
                rows.append(row)
    return rows


def _figures(
    plan: BesidePlan, workers: Workers, transports: Sequence[str]
) -> list[tuple[str, Callable[[Server], tuple[float, float]]]]:
    """What is taken: its name, and what takes it of a server by processor time and by the clock."""

    def rate(load: Load) -> Callable[[Server], tuple[float, float]]:
        def take(server: Server) -> tuple[float, float]:
            found = measure_rate(server, load, workers)
            if found.per_s is None:
                raise BenchmarkError(f"{load.shape.name}, {load.transport}: {found.error}")
            return 1e6 / found.server_cpu_us, found.per_s

        return take

    def latency(transport: str) -> Callable[[Server], tuple[float, float]]:
        def take(server: Server) -> tuple[float, float]:
            found = measure_latency(server, transport, LINE_BYTES[0], plan.pings, workers)
            return 1e6 / found.server_cpu_us, 1 / statistics.median(found.one_way_s)

        return take

    loads = [
        Load(shape=shape, transport=transport, line_bytes=size, duration_s=plan.duration_s)
        for shape in plan.shapes
        for size in plan.line_bytes
        for transport in transports
    ]
    figures = [(f"{one.shape.name}, {one.line_bytes} B, {one.transport}", rate(one)) for one in loads]
    return figures + [(f"latency, {transport}", latency(transport)) for transport in transports if plan.pings]


def judge_beside(rows: list[BesideRow]) -> list[Bar]:
    """Hold the figures against the bar of the design."""
    return [
        Bar(f"{row.what}, beside {row.commit}", f">= {RATIO:.2f} x", f"{row.ratio:.3f} x", row.ratio >= RATIO)
        for row in rows
    ]


def beside_table(rows: list[BesideRow]) -> Table:
    """Empty where nothing was taken."""
    table = make_table(
        "Beside another commit: messages by the router's processor time, and by the clock",
        *("what", "commit", "cpu us/msg there", "here", "x", "min-max", "by the clock x"),
    )
    for row in rows:
        here_us, there_us = (1e6 / statistics.median(side) for side in zip(*row.per_cpu_s, strict=True))
        clock = statistics.median(new / old for new, old in row.per_s)
        spread = f"{row.ratios[0]:.2f}-{row.ratios[-1]:.2f}"
        table.add_row(
            row.what, row.commit, f"{there_us:.3f}", f"{here_us:.3f}", f"{row.ratio:.3f}", spread, f"{clock:.2f}"
        )
    return table


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(("git", *arguments), cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
