"""What a run has found of the clocks, and the bars it is held against; it measures nothing."""

from dataclasses import dataclass, field

from benchmarks.bars import Bar
from benchmarks.clock_accusations import Accusations
from benchmarks.clock_detection import STEP_S, Detection
from benchmarks.clock_many import Load
from benchmarks.clock_spread import Accuracy

IN_USE = "a window of each pair, as in use"
"""The estimate that the bar is about."""
IN_USE_READ = "the same without kernel stamps"
P99_S = 20e-6
SEEN_S = 15.0
LARGE_SOLVE_S = 1.0
LARGE = 1_000
AGENT_SHARE, SOLVER_SHARE = 0.01, 0.10
"""Of one processor."""


@dataclass(frozen=True, slots=True)
class SolveTime:
    """How long one solution takes."""

    hosts: int
    links: int
    solve_s: float
    judge_s: float


@dataclass(slots=True)
class ClockResults:
    """What was left out stays empty."""

    quiet: list[Accuracy] = field(default_factory=list)
    """Our estimates."""
    refused: int = 0
    """Exchanges that were not used since they took less than no time."""
    busy_processes: int = 0
    busy: list[Accuracy] = field(default_factory=list)
    """The same while these compete for the processors."""
    accusations: list[Accusations] = field(default_factory=list)
    beside: list[Accuracy] = field(default_factory=list)
    """The estimates of others, of the same clock."""
    detections: list[Detection] = field(default_factory=list)
    solves: list[SolveTime] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)


def judge_clock(results: ClockResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    return [
        *_accuracy_bars(results),
        *(_accusation_bar(one, results.busy_processes) for one in results.accusations),
        *(bar for one in results.detections for bar in _detection_bars(one)),
        *(_solve_bar(one) for one in results.solves),
        *(_load_bar(one) for one in results.loads),
    ]


def _accuracy_bars(results: ClockResults) -> list[Bar]:
    bars = []
    for accuracy in results.quiet:
        if accuracy.what == IN_USE:
            p99_s = accuracy.error.p99_s
            bars.append(Bar("error of a clock, loopback, p99", "<= 20.0 us", f"{p99_s * 1e6:.1f} us", p99_s <= P99_S))
    for state, taken in (("", results.quiet), (", busy", results.busy)):
        if taken:
            violations, count = sum(one.violations for one in taken), sum(one.count for one in taken)
            bars.append(Bar(f"bounds violated, of {count:,}{state}", "0", f"{violations:,}", violations == 0))
    return bars


def _accusation_bar(found: Accusations, busy_processes: int) -> Bar:
    accused = found.wrong + found.false_claims
    what = f"right clocks accused, {busy_processes} busy processes, of {found.judgements:,}"
    return Bar(what, "0", f"{accused:,} ({found.doubted:,} in doubt)", accused == 0 < found.judgements)


def _detection_bars(found: Detection) -> list[Bar]:
    """Of the small step; what is asked of the large one is only that its claim is found false at all."""
    by = f"clock set by {found.step_s * 1e3:.0f} ms, until"
    if found.step_s != STEP_S:
        return [Bar(f"{by} its claim is false", "reported", told(found.refuted_s), found.refuted_s is not None)]
    return [
        Bar(f"{by} {what}", f"<= {SEEN_S:.0f} s", told(after_s), after_s is not None and after_s <= SEEN_S)
        for what, after_s in (("seen", found.seen_s), ("suspect or wrong", found.doubted_s))
    ]


def _solve_bar(found: SolveTime) -> Bar:
    is_large = found.hosts == LARGE
    asked = f"<= {LARGE_SOLVE_S:.2f} s" if is_large else "reported"
    what = f"solve, {found.hosts:,} hosts, {found.links:,} pairs"
    return Bar(what, asked, f"{found.solve_s:.2f} s", not is_large or found.solve_s <= LARGE_SOLVE_S)


def _load_bar(found: Load) -> Bar:
    most = SOLVER_SHARE if found.solves else AGENT_SHARE
    what = f"processor of a timekeeper that {'solves' if found.solves else 'repeats'}, {found.hosts:,} hosts at rest"
    return Bar(what, f"<= {most:.0%}", f"{found.share:.1%}", found.share <= most)


def told(after_s: float | None) -> str:
    """How long it took until something was told."""
    return "never" if after_s is None else f"{after_s:.1f} s"
