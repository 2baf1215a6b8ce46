"""What a run has found of the page, and the bars it is held against; it measures nothing."""

from dataclasses import dataclass

from benchmarks.bars import Bar
from benchmarks.clock_spread import spread
from benchmarks.page_load import PageFigures

KIB = 1024
PAGE_BYTES = 150 * KIB
ANSWERED_S = 0.3


@dataclass(slots=True)
class PageResults:
    """What was left out stays empty."""

    figures: PageFigures | None = None


def judge_page(results: PageResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    figures = results.figures
    if figures is None:
        return []
    size, of = figures.total_bytes, f"page of {figures.hosts} hosts"
    bars = [Bar(f"{of}, all of it", "<= 150 KiB", f"{size / KIB:.1f} KiB", size <= PAGE_BYTES)]
    for what, times_s in taken(figures).items():
        found = spread(times_s)
        for name, took_s in (("p50", found.p50_s), ("p99", found.p99_s)):
            bars.append(Bar(f"{of}, {what}, {name}", "<= 300 ms", f"{took_s * 1e3:.0f} ms", took_s <= ANSWERED_S))
    return bars


def taken(figures: PageFigures) -> dict[str, list[float]]:
    """How long the answers took, in seconds, by what they were."""
    return {"first": figures.first_s, "asked anew": figures.anew_s, "shared": figures.shared_s}
