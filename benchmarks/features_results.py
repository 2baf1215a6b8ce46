"""What a run has found of feature flags, as a table and as bars; it measures nothing."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from benchmarks.bars import MIB, Bar
from benchmarks.feature_reach import Reach
from benchmarks.features import FeatureFigures
from benchmarks.tables import make_table

RATIO = 1.15
MEMORY_BYTES = 48 * MIB
LOADED_S = 2.0
SWITCHED_S = 1.0


def judge_features(figures: FeatureFigures) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    bars = [
        Bar(f"a {one.kind} flag evaluated", f"<= {RATIO:.2f} x bare", f"{one.ratio:.2f} x", one.ratio <= RATIO)
        for one in figures.evaluated
    ]
    loaded = figures.loaded
    if loaded is not None:
        added = loaded.peak_bytes - loaded.plain_bytes
        what = f"{loaded.flags:,} flags of {loaded.flags_bytes // loaded.flags} bytes in a service"
        bars += [
            Bar(f"{what}, added", "<= 48 MiB", f"{added / MIB:.1f} MiB", added <= MEMORY_BYTES),
            Bar(f"{what}, loaded", "<= 2 s", f"{loaded.loaded_s:.2f} s", loaded.loaded_s <= LOADED_S),
        ]
    return bars + ([] if figures.reach is None else list(_judge_reach(figures.reach)))


def _judge_reach(reach: Reach) -> Iterator[Bar]:
    where = {"off on five hosts": reach.off_s, "off on the two that give it, cut from three": reach.apart_s}
    for what, taken_s in where.items():
        half_s, last_s = (_of_hundred(taken_s, part) for part in (50, 99))
        found = f"p50 {half_s * 1e3:.0f}, p99 {last_s * 1e3:.0f} ms"
        yield Bar(f"{what}, to the last evaluation, {len(taken_s)} times", "p99 <= 1 s", found, last_s <= SWITCHED_S)
    needs_s = sum(map(sum, reach.cpu_s.values())) / reach.cores
    yield Bar(
        f"{reach.flags:,} flags from a file of one host to evaluations on all five",
        "<= 2 s",
        f"{reach.spread_s:.2f} s; {reach.cores} cores have {needs_s:.2f} s of work each",
        reach.spread_s <= LOADED_S,
    )


def _of_hundred(taken_s: Sequence[float], part: int) -> float:
    """So many of a hundred did not take longer."""
    return sorted(taken_s)[-(-len(taken_s) * part // 100) - 1]


def reach_table(reach: Reach | None) -> Table:
    """What many flags took of a processor on each host; empty where nothing was taken."""
    table = make_table(
        "10,000 flags on five hosts, processor time, s", "process", "with the file", "others, at most", "all"
    )
    for kind, taken_s in ({} if reach is None else reach.cpu_s).items():
        table.add_row(kind, f"{taken_s[0]:.2f}", f"{max(taken_s[1:]):.2f}", f"{sum(taken_s):.2f}")
    return table


def features_table(figures: FeatureFigures) -> Table:
    """Empty where nothing was taken."""
    table = make_table("An evaluation through the SDK, processor time, us", "flag", "ours", "bare flagd-core", "ratio")
    for one in figures.evaluated:
        ours_us, bare_us = (sorted(taken)[len(taken) // 2] * 1e6 for taken in (one.ours_s, one.bare_s))
        table.add_row(one.kind, f"{ours_us:.1f}", f"{bare_us:.1f}", f"{one.ratio:.2f}")
    return table
