"""Shows people what a run has found of the clocks; it must not change or judge it."""

from collections.abc import Iterable

from rich.table import Table

from benchmarks.clock_results import ClockResults, told
from benchmarks.clock_spread import Accuracy
from benchmarks.tables import make_table


def clock_tables(results: ClockResults) -> tuple[Table, ...]:
    """One table a subject; empty where nothing was taken."""
    quiet = f"How far off an estimate of a clock is that is our own, us; {results.refused} exchanges were refused"
    busy = f"The same beside {results.busy_processes} busy processes, us"
    return (
        _accuracies(quiet, results.quiet),
        _accuracies(busy, results.busy),
        _accuracies("What others say of a clock that is our own, us", results.beside),
        _accusations(results),
        _detections(results),
        _solves(results),
        _loads(results),
    )


def _accuracies(title: str, found: Iterable[Accuracy]) -> Table:
    columns = ("estimates", "error p50", "p99", "max", "bound p50", "p99", "max", "violated")
    table = make_table(title, "estimate", *columns)
    for one in found:
        sizes = (one.error.p50_s, one.error.p99_s, one.error.max_s, one.bound.p50_s, one.bound.p99_s, one.bound.max_s)
        table.add_row(one.what, f"{one.count:,}", *(f"{size_s * 1e6:,.1f}" for size_s in sizes), f"{one.violations:,}")
    return table


def _accusations(results: ClockResults) -> Table:
    columns = ("hosts", "verdicts", "wrong", "in doubt", "claims called false", "widest bound us")
    table = make_table("What is held against right clocks", "beside", *columns)
    for one in results.accusations:
        table.add_row(
            f"{results.busy_processes} busy processes",
            *(f"{count:,}" for count in (one.agents, one.judgements, one.wrong, one.doubted, one.false_claims)),
            f"{one.widest_s * 1e6:,.0f}",
        )
    return table


def _detections(results: ClockResults) -> Table:
    columns = ("seen", "suspect or wrong", "wrong", "claim false", "claimed us")
    table = make_table("After a clock was set, until the others tell", "by", *columns)
    for one in results.detections:
        table.add_row(
            f"{one.step_s * 1e3:.0f} ms",
            *(told(after_s) for after_s in (one.seen_s, one.doubted_s, one.accused_s, one.refuted_s)),
            "-" if one.claimed_s is None else f"±{one.claimed_s * 1e6:,.0f}",
        )
    return table


def _solves(results: ClockResults) -> Table:
    table = make_table("One solution", "hosts", "pairs", "solve ms", "judge ms")
    for one in results.solves:
        table.add_row(f"{one.hosts:,}", f"{one.links:,}", f"{one.solve_s * 1e3:,.1f}", f"{one.judge_s * 1e3:,.1f}")
    return table


def _loads(results: ClockResults) -> Table:
    table = make_table("One timekeeper at rest", "hosts", "that", "% of a processor")
    for one in results.loads:
        table.add_row(f"{one.hosts:,}", "solves" if one.solves else "repeats", f"{one.share:.1%}")
    return table
