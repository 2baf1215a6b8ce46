"""What a run has found of feature flags, as a table and as bars; it measures nothing."""

from rich.table import Table

from benchmarks.bars import MIB, Bar
from benchmarks.features import FeatureFigures
from benchmarks.tables import make_table

RATIO = 1.15
MEMORY_BYTES = 48 * MIB
LOADED_S = 2.0


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
    return bars


def features_table(figures: FeatureFigures) -> Table:
    """Empty where nothing was taken."""
    table = make_table("An evaluation through the SDK, processor time, us", "flag", "ours", "bare flagd-core", "ratio")
    for one in figures.evaluated:
        ours_us, bare_us = (sorted(taken)[len(taken) // 2] * 1e6 for taken in (one.ours_s, one.bare_s))
        table.add_row(one.kind, f"{ours_us:.1f}", f"{bare_us:.1f}", f"{one.ratio:.2f}")
    return table
