"""Shows people what a run has found of the canary; it must not change or judge it."""

from rich.table import Table

from benchmarks.bars import MIB
from benchmarks.canary_results import CanaryResults
from benchmarks.tables import make_table


def canary_tables(results: CanaryResults) -> tuple[Table, ...]:
    """One table a subject; empty where nothing was taken."""
    return (_decisions(results), _ledger(results), _blocks(results), _found(results), _accused(results))


def _decisions(results: CanaryResults) -> Table:
    played = results.decisions
    columns = ("count", "p50", "p99", "max", "p99 as it came")
    if played is None:
        return make_table("", "what", *columns)
    title = (
        f"Until nothing follows any more, us; {played.facts:,} facts about {played.cells:,} versions on servers "
        f"led to {played.decided:,} decisions, {played.blocked} of them blocks"
    )
    table = make_table(title, "what", *columns)
    for one in played.times:
        sizes_s = (one.least.p50_s, one.least.p99_s, one.least.max_s, one.raw_p99_s)
        table.add_row(one.what, f"{one.count:,}", *(f"{size_s * 1e6:,.1f}" for size_s in sizes_s))
    return table


def _ledger(results: CanaryResults) -> Table:
    ledger = results.ledger
    if ledger is None:
        return make_table("", "what", "found")
    table = make_table(f"A ledger of {ledger.entries:,} entries, {ledger.size_bytes / MIB:,.0f} MiB", "what", "found")
    for what, found in (
        ("lines written to a plain file and synced", f"{ledger.synced_per_s:,.0f}/s"),
        ("durable appends, one at a time", f"{ledger.single_per_s:,.0f}/s"),
        ("durable appends, 100 at once", f"{ledger.grouped_per_s:,.0f}/s"),
        ("read and checked", f"{ledger.verified_s:.2f} s"),
        ("read and folded", f"{ledger.folded_s:.2f} s"),
        ("these two, processor time", f"{ledger.read_cpu_s:.2f} s"),
        (f"one version explained, {ledger.explained:,} entries", f"{ledger.explain_s * 1e3:.0f} ms"),
    ):
        table.add_row(what, found)
    return table


def _blocks(results: CanaryResults) -> Table:
    table = make_table("Never works: blocked after s", "version", "lives", "median", "last")
    for one in results.blocks:
        table.add_row(one.what, f"{one.lives:,}", f"{one.median_s:.0f}", f"{one.last_s:.0f}")
    return table


def _found(results: CanaryResults) -> Table:
    columns = ("lives", "found", "within failures", "half after")
    table = make_table("Versions that fail more than the one before, and are found", "how often", *columns)
    for one in results.found:
        half = "-" if one.median is None else f"{one.median:.0f}"
        table.add_row(one.what, f"{one.lives:,}", f"{one.found:,}", f"{one.within}", half)
    return table


def _accused(results: CanaryResults) -> Table:
    table = make_table("Good versions that are accused", "world", "verdict", "lives", "found", "promised", "allowed")
    for one in results.accused:
        table.add_row(one.world, one.what, f"{one.lives:,}", f"{one.found:,}", f"<= {one.rate:.2g}", f"{one.allowed:,}")
    return table
