"""Shows people what a run has found of /metrics; it must not change or judge it."""

from rich.table import Table

from benchmarks.bars import MIB
from benchmarks.clock_spread import spread
from benchmarks.exporter_results import ExporterResults
from benchmarks.tables import make_table

_KIB = 1024


def exporter_tables(results: ExporterResults) -> tuple[Table, ...]:
    """One table a subject; empty where nothing was taken."""
    return (_times(results), _memory(results))


def _times(results: ExporterResults) -> Table:
    figures = results.scrapes
    columns = ("count", "KiB", "p50", "p99", "max")
    if figures is None:
        return make_table("", "answer", *columns)
    title = f"/metrics of {figures.hosts:,} hosts and {figures.instances:,} instances: {figures.series:,} series, ms"
    table = make_table(title, "answer", *columns)
    for what, times_s, size in (
        ("OpenMetrics, gzip", figures.times_s, figures.wire_bytes),
        ("text", figures.plain_s, figures.page_bytes),
    ):
        found = spread(times_s)
        sizes_s = (found.p50_s, found.p99_s, found.max_s)
        table.add_row(what, f"{len(times_s):,}", f"{size / _KIB:,.0f}", *(f"{took_s * 1e3:.0f}" for took_s in sizes_s))
    return table


def _memory(results: ExporterResults) -> Table:
    table = make_table("The exporter's memory", "scrapes", "MiB")
    for number, resident in results.scrapes.resident if results.scrapes else ():
        table.add_row(f"{number:,}", f"{resident / MIB:.1f}")
    return table
