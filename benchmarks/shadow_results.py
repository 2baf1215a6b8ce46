"""What a run has found of a primary beside a shadow, as tables and as bars; it measures nothing."""

import statistics

from rich.table import Table

from benchmarks.bars import Bar
from benchmarks.shadowing import Shadowing
from benchmarks.tables import make_table

RATIO = 1.05
RATE = 0.99
SAMPLED = "0.01"


def judge_shadowing(found: Shadowing | None) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    if found is None:
        return []
    bars = [
        Bar(
            f"read to write, {one.state} shadow, share {one.share:g}, {one.at_once} at once",
            f"<= {RATIO:.2f} x off",
            f"{one.ratio:.2f} x",
            one.ratio <= RATIO,
        )
        for one in found.path
    ]
    whole = found.cpu_us[SAMPLED].ratio
    bars.append(
        Bar("router for a primary's message, 1 % sampled", f"<= {RATIO:.2f} x off", f"{whole:.2f} x", whole <= RATIO)
    )
    for share, halves in found.p99_s.items():
        told = f"{halves.ratio:.2f} x, chance {halves.chance:.2f} x"
        bars.append(Bar(f"p99 to the primary, share {share}", "<= chance", told, halves.ratio <= halves.chance))
    rate = 1 / found.cpu_us["others"].ratio
    bars.append(Bar("rate of a service without a shadow", f">= {RATE:.2f} x off", f"{rate:.2f} x", rate >= RATE))
    return bars


def shadow_tables(found: Shadowing | None) -> list[Table]:
    """Empty where nothing was taken."""
    under = "" if found is None else f", at a load of {found.load:.1f}"
    path = make_table(
        f"From the read to the write of a primary's message, us{under}",
        *("shadow", "share", "at once", "off", "on", "ratio"),
    )
    whole = make_table(f"Router's processor time for a message and its reply, us{under}", "share", "off", "on", "ratio")
    for one in [] if found is None else found.path:
        off_us, on_us = statistics.median(one.off_us), statistics.median(one.on_us)
        path.add_row(one.state, f"{one.share:g}", f"{one.at_once}", f"{off_us:.1f}", f"{on_us:.1f}", f"{one.ratio:.2f}")
    for share, halves in {} if found is None else found.cpu_us.items():
        off_us, on_us = statistics.median(halves.off), statistics.median(halves.on)
        whole.add_row(share, f"{off_us:.1f}", f"{on_us:.1f}", f"{halves.ratio:.2f}")
    return [path, whole]
