"""What a run has found of /metrics, and the bars it is held against; it measures nothing."""

import statistics
from dataclasses import dataclass

from benchmarks.bars import MIB, Bar
from benchmarks.clock_spread import spread
from benchmarks.exporter_load import SETTLED, ScrapeFigures

SCRAPED_S = 0.15
RESIDENT_BYTES = 96 * MIB
FULL_SCRAPES = 10_000
"""The bar of memory is about so many."""
GROWTH_BYTES = MIB
"""Less is how the allocator of the C library breathes, not growth."""
_PART = 4
"""Of the looks at a settled exporter: the middle ones of its first and of its last part are compared."""


@dataclass(slots=True)
class ExporterResults:
    """What was left out stays empty."""

    scrapes: ScrapeFigures | None = None


def judge_exporter(results: ExporterResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    figures = results.scrapes
    if figures is None:
        return []
    of = f"scrape of {figures.hosts:,} hosts, {figures.instances:,} instances"
    found = spread(figures.times_s)
    bars = [
        Bar(f"{of}, {name}", "<= 150 ms", f"{took_s * 1e3:.0f} ms", took_s <= SCRAPED_S)
        for name, took_s in (("p50", found.p50_s), ("p99", found.p99_s))
    ]
    bars.append(Bar(f"{of}, processor time", "reported", f"{figures.cpu_s * 1e3:.0f} ms", met=True))
    return bars + _memory_bars(figures)


def _memory_bars(figures: ScrapeFigures) -> list[Bar]:
    count, last = figures.resident[-1]
    is_full = count >= FULL_SCRAPES
    asked = "<= 96 MiB" if is_full else "reported"
    is_met = not is_full or last <= RESIDENT_BYTES
    bars = [Bar(f"exporter resident after {count:,} scrapes", asked, f"{last / MIB:.1f} MiB", is_met)]
    settled = [size for number, size in figures.resident if number >= SETTLED]
    if len(settled) >= _PART:
        part = len(settled) // _PART
        growth = statistics.median(settled[-part:]) - statistics.median(settled[:part])
        what = f"growth from {SETTLED:,} to {count:,} scrapes"
        bars.append(Bar(what, "<= 1 MiB", f"{growth / MIB:+.1f} MiB", growth <= GROWTH_BYTES))
    return bars
