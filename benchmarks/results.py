"""What a run has found, as values: figures, medians, ratios, and the bars they are held against; it measures nothing."""

import statistics
from dataclasses import dataclass, field

from benchmarks.bars import MIB, Bar
from benchmarks.beside import BesideRow, judge_beside
from benchmarks.beside_intruders import IntruderCell, judge_intruders
from benchmarks.book_results import BookResults, judge_book
from benchmarks.canary_results import CanaryResults, judge_canary
from benchmarks.checking import ALONE, CheckCell
from benchmarks.clock_results import ClockResults, judge_clock
from benchmarks.crowded_doors import Entered, judge_doors
from benchmarks.exporter_results import ExporterResults, judge_exporter
from benchmarks.features import FeatureFigures
from benchmarks.features_results import judge_features
from benchmarks.measure import Rate
from benchmarks.mesh_results import MeshResults, judge_mesh
from benchmarks.page_results import PageResults, judge_page
from benchmarks.scripts import LINES
from benchmarks.servers import NATS, OURS, OURS_ASYNCIO
from benchmarks.shadow_results import judge_shadowing
from benchmarks.shadowing import Shadowing


@dataclass(frozen=True, slots=True)
class RateCell:
    """All runs of one server for one load."""

    shape: str
    line_bytes: int
    transport: str
    server: str
    runs: list[Rate]

    @property
    def rates(self) -> list[float]:
        """Messages a second of the runs that succeeded."""
        return [run.per_s for run in self.runs if run.per_s is not None]

    @property
    def median(self) -> float | None:
        """The middle one, or None when no run succeeded."""
        return statistics.median(self.rates) if self.rates else None


@dataclass(frozen=True, slots=True)
class LatencyCell:
    """One-way latency of one server: percentiles of each round, in seconds."""

    transport: str
    server: str
    p50s_s: list[float]
    p99s_s: list[float]

    @property
    def p50_s(self) -> float:
        """The middle round's median."""
        return statistics.median(self.p50s_s)

    @property
    def p99_s(self) -> float:
        """The middle round's 99th percentile."""
        return statistics.median(self.p99s_s)


@dataclass(frozen=True, slots=True)
class CrowdCell:
    """The effect of idle clients on our rate: runs without and with them, in turn."""

    what: str
    count: int
    without: list[Rate]
    crowded: list[Rate]
    lost_links: int

    @property
    def ratio(self) -> float | None:
        """The crowded rate as a part of the other, of medians."""
        without, crowded = ([run.per_s for run in runs if run.per_s] for runs in (self.without, self.crowded))
        return statistics.median(crowded) / statistics.median(without) if without and crowded else None

    @property
    def cpu_ratio(self) -> float:
        """The same of processor time per message: what a busy machine disturbs less."""
        without, crowded = (
            statistics.median(run.server_cpu_us for run in runs) for runs in (self.without, self.crowded)
        )
        return crowded / without if without else 1.0


@dataclass(slots=True)
class Results:
    """Everything one run has found; what was left out stays empty."""

    machine: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    rates: list[RateCell] = field(default_factory=list)
    latencies: list[LatencyCell] = field(default_factory=list)
    beside: list[BesideRow] = field(default_factory=list)
    crowds: list[CrowdCell] = field(default_factory=list)
    checks: list[CheckCell] = field(default_factory=list)
    intruders: list[IntruderCell] = field(default_factory=list)
    doors: dict[str, Entered] = field(default_factory=dict)
    """By what is done to a door, and who comes."""
    idle_bytes: dict[str, int] = field(default_factory=dict)
    """Resident size with 100 idle links, by server."""
    ready_s: dict[str, list[float]] = field(default_factory=dict)
    codecs: list[dict[str, float | str]] = field(default_factory=list)
    script_s: float | None = None
    """Loading a script of `LINES` lines."""
    imports_s: dict[str, float] = field(default_factory=dict)
    mesh: MeshResults = field(default_factory=MeshResults)
    clock: ClockResults = field(default_factory=ClockResults)
    canary: CanaryResults = field(default_factory=CanaryResults)
    book: BookResults = field(default_factory=BookResults)
    exporter: ExporterResults = field(default_factory=ExporterResults)
    page: PageResults = field(default_factory=PageResults)
    features: FeatureFigures = field(default_factory=FeatureFigures)
    shadowing: Shadowing | None = None
    problems: list[str] = field(default_factory=list)

    def rate(self, shape: str, line_bytes: int, transport: str, server: str) -> float | None:
        """The median rate of one cell, None when there is none."""
        for cell in self.rates:
            if (cell.shape, cell.line_bytes, cell.transport, cell.server) == (shape, line_bytes, transport, server):
                return cell.median
        return None

    def ratio(self, cell: RateCell) -> float | None:
        """A cell's rate in units of nats-server's for the same shape and size, which it has over TCP only."""
        peer = self.rate(cell.shape, cell.line_bytes, "tcp", NATS)
        return cell.median / peer if cell.median and peer else None

    def latency_ratio(self, cell: LatencyCell) -> float | None:
        """A cell's median latency in units of nats-server's."""
        peers = [other.p50_s for other in self.latencies if other.server == NATS]
        return cell.p50_s / peers[0] if peers else None

    def peaks(self) -> dict[tuple[str, int], int]:
        """Our largest resident size for each shape and size, in bytes."""
        peaks: dict[tuple[str, int], int] = {}
        for cell in self.rates:
            if cell.server in (OURS, OURS_ASYNCIO):
                key = (cell.shape, cell.line_bytes)
                peaks[key] = max(peaks.get(key, 0), *(run.peak_bytes for run in cell.runs))
        return peaks


def judge(results: Results) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    own = [*_rate_bars(results), *_crowd_bars(results), *_check_bars(results), *judge_intruders(results.intruders)]
    own += [*judge_doors(results.doors), *_process_bars(results), *judge_beside(results.beside)]
    companions = [
        *judge_clock(results.clock),
        *judge_canary(results.canary),
        *judge_book(results.book),
        *judge_exporter(results.exporter),
        *judge_page(results.page),
        *judge_features(results.features),
        *judge_shadowing(results.shadowing),
    ]
    return [*own, *judge_mesh(results.mesh), *companions, *_library_bars(results)]


def _rate_bars(results: Results) -> list[Bar]:
    bars = []
    for cell in results.rates:
        ratio = results.ratio(cell)
        if ratio is not None and (cell.shape, cell.line_bytes, cell.transport, cell.server) == (
            "1:1",
            100,
            "tcp",
            OURS,
        ):
            bars.append(Bar("rate 1:1, 100-byte lines, TCP", ">= 1.00 x nats", f"{ratio:.2f} x", ratio >= 1))
    for latency in results.latencies:
        ratio = results.latency_ratio(latency)
        if ratio is not None and (latency.transport, latency.server) == ("tcp", OURS):
            bars.append(Bar("one-way latency p50, TCP", "<= 1.20 x nats", f"{ratio:.2f} x", ratio <= 1.2))
    return bars


def _crowd_bars(results: Results) -> list[Bar]:
    bars = []
    for cell in results.crowds:
        if cell.ratio is not None:
            what = f"rate with {cell.count:,} {cell.what}"
            found = f"{cell.ratio:.2f} x (CPU/message {cell.cpu_ratio:.2f} x)"
            bars.append(Bar(what, ">= 0.90 x without", found, cell.ratio >= 0.9))
        held = f"{cell.count - cell.lost_links:,}"
        bars.append(Bar(f"{cell.count:,} {cell.what} held", "all", held, cell.lost_links == 0))
    return bars


def _check_bars(results: Results) -> list[Bar]:
    bars = []
    for cell in results.checks:
        ratio = cell.ratio("enforce")
        if ratio is not None and cell.kind != ALONE:
            what = f"rate {cell.shape}, {cell.line_bytes}-byte {cell.kind} lines, all checked"
            found = f"{ratio:.2f} x (CPU/message {cell.cpu_us('enforce') / cell.cpu_us('off'):.2f} x)"
            bars.append(Bar(what, ">= 0.25 x unchecked", found, ratio >= 0.25))
    return bars


def _process_bars(results: Results) -> list[Bar]:
    bars = []
    if OURS in results.idle_bytes:
        size_mib = results.idle_bytes[OURS] / MIB
        bars.append(Bar("resident with 100 idle links", "<= 48 MiB", f"{size_mib:.1f} MiB", size_mib <= 48))
    if OURS in results.ready_s:
        ready_s = statistics.median(results.ready_s[OURS])
        bars.append(Bar("start to ready", "<= 0.50 s", f"{ready_s:.2f} s", ready_s <= 0.5))
    return bars


def _library_bars(results: Results) -> list[Bar]:
    bars = []
    for codec in results.codecs:
        for action in ("decode", "encode"):
            rate = float(codec[f"{action}_per_s"])
            what = f"codec, {action}, Python {codec['python']}"
            version = tuple(map(int, str(codec["python"]).split(".")[:2]))
            asked = ">= 400 k/s" if version >= (3, 13) else "reported"
            bars.append(Bar(what, asked, f"{rate / 1e3:.0f} k/s", asked == "reported" or rate >= 400_000))
        for key, length in (("costliest_ms", "64 KiB"), ("costliest_of_all_ms", "1 MiB")):
            took_ms = float(codec[key])
            what = f"costliest line of {length}, Python {codec['python']}"
            bars.append(Bar(what, "<= 1 ms CPU", f"{took_ms:.2f} ms", took_ms <= 1))
        told = f"{float(codec['longest_told_ms']):.2f} ms"
        bars.append(Bar(f"longest word of a router, Python {codec['python']}", "reported", told, met=True))
    if results.script_s is not None:
        what = f"a script of {LINES:,} lines is loaded"
        bars.append(Bar(what, "<= 1.00 s", f"{results.script_s:.2f} s", results.script_s <= 1))
    if results.imports_s:
        for module in ("communicator", "communicator.client"):
            ratio = results.imports_s[module] / results.imports_s["asyncio"]
            bars.append(Bar(f"import {module}", "<= 1.50 x asyncio", f"{ratio:.2f} x", ratio <= 1.5))
    return bars
