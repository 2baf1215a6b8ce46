"""Shows people what a run has found of the page; it must not change or judge it."""

from rich.table import Table

from benchmarks.clock_spread import spread
from benchmarks.page_results import KIB, PageResults, taken
from benchmarks.tables import make_table


def page_tables(results: PageResults) -> tuple[Table, ...]:
    """One table a subject; empty where nothing was taken."""
    return (_sizes(results), _times(results))


def _sizes(results: PageResults) -> Table:
    table = make_table("The page, bytes on the wire", "what", "KiB")
    figures = results.figures
    if figures is not None:
        for path, size in figures.sizes.items():
            table.add_row(path, f"{size / KIB:.1f}")
        table.add_row("/ not compressed", f"{figures.plain_bytes / KIB:.1f}")
    return table


def _times(results: PageResults) -> Table:
    table = make_table("The page, from the question to the last byte, ms", "answer", "count", "p50", "p99", "max")
    if results.figures is not None:
        for what, times_s in taken(results.figures).items():
            found = spread(times_s)
            sizes_s = (found.p50_s, found.p99_s, found.max_s)
            table.add_row(what, str(len(times_s)), *(f"{size_s * 1e3:.1f}" for size_s in sizes_s))
    return table
