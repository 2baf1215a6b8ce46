"""What a run has found of the book of the cluster, as a table and as bars; it measures nothing."""

from dataclasses import dataclass

from rich.table import Table

from benchmarks.bars import MIB, Bar
from benchmarks.book_costs import CHANGED, IDLE, ROUND, BookFigures
from benchmarks.tables import make_table

KIB = 1024
MEMORY_BYTES = 8 * MIB
ROUND_BYTES = 16 * KIB
CPU_S = 1e-3


@dataclass(slots=True)
class BookResults:
    """What was left out stays empty."""

    figures: BookFigures | None = None


def judge_book(results: BookResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    figures = results.figures
    if figures is None:
        return []
    memory, size = figures.memory_bytes, figures.round_bytes
    return [
        Bar(f"book of {figures.entries:,} orders", "<= 8 MiB", f"{memory / MIB:.1f} MiB", memory <= MEMORY_BYTES),
        Bar(f"{figures.decisions:,} decisions too", "reported", f"{figures.all_bytes / MIB:.1f} MiB", met=True),
        Bar("book, digests to each host", "<= 16 KiB", f"{size / KIB:.1f} KiB", size <= ROUND_BYTES),
        *(
            Bar(f"book, {what}", "<= 1 ms CPU", f"{took_s * 1e3:.3f} ms", took_s <= CPU_S)
            for what, took_s in figures.cpu_s.items()
            if what in (IDLE, CHANGED, ROUND)
        ),
    ]


def book_table(results: BookResults) -> Table:
    """Empty where nothing was taken."""
    table = make_table("The book of the cluster, processor time, ms", "what", "p50")
    if results.figures is not None:
        for what, took_s in results.figures.cpu_s.items():
            table.add_row(what, f"{took_s * 1e3:.3f}")
    return table
