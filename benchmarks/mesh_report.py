"""Shows people what a run has found of linked servers; it must not change or judge it."""

import statistics

from rich.table import Table

from benchmarks.mesh_results import MeshResults
from benchmarks.tables import make_table, thousands, times


def mesh_tables(results: MeshResults) -> tuple[Table, ...]:
    """One table a subject; empty where nothing was taken."""
    told = (_hops, _chain, _attacks, _refusals, _convergence, _switching, _deploying)
    return tuple(table(results) for table in told)


def _hops(results: MeshResults) -> Table:
    table = make_table(
        "One hop, 1:1 over TCP, thousands of messages a second",
        *("servers", "line", "local", "hop", "hop/local", "CPU us/msg local", "first", "second"),
    )
    for cell in results.hops:
        first_us, second_us = cell.hop_cpu_us
        table.add_row(
            f"2 x {cell.server}",
            f"{cell.line_bytes} B",
            thousands(cell.local_per_s),
            thousands(cell.hop_per_s),
            times(cell.ratio),
            *(f"{cpu_us:.2f}" for cpu_us in (cell.local_cpu_us, first_us, second_us)),
        )
    return table


def _chain(results: MeshResults) -> Table:
    table = make_table(
        "Numbered messages over several routers",
        *("hops", "line", "sent", "lost", "doubled", "out of order", "foreign", "k msg/s", "CPU us/msg, by router"),
    )
    if results.chain is not None:
        chain, tally = results.chain, results.chain.tally
        table.add_row(
            f"{chain.hops}",
            f"{chain.line_bytes} B",
            *(f"{number:,}" for number in (chain.sent, tally.lost, tally.doubled, tally.disordered, tally.foreign)),
            thousands(chain.per_s),
            " ".join(f"{cpu_us:.2f}" for cpu_us in chain.cpu_us),
        )
    return table


def _attacks(results: MeshResults) -> Table:
    table = make_table(
        "One-way latency of local messages while wrong passwords are shown, us",
        *("attempts", "addresses", "for", "idle p50", "p99", "attacked p50", "p99", "worst"),
    )
    for attack in results.attacks:
        idle, attacked = attack.idle, attack.attacked
        figures = (idle.p50_s, idle.p99_s, attacked.p50_s, attacked.p99_s, attacked.worst_s)
        table.add_row(
            f"{attack.attempts:,}",
            f"{attack.sources}",
            f"{attack.elapsed_s:.1f} s",
            *(f"{figure_s * 1e6:,.0f}" for figure_s in figures),
        )
    return table


def _refusals(results: MeshResults) -> Table:
    table = make_table("What they were told", "answer", "addresses", "attempts")
    for attack in results.attacks:
        for reason, count in attack.reasons.items():
            table.add_row(reason, f"{attack.sources}", f"{count:,}")
    return table


def _convergence(results: MeshResults) -> Table:
    table = make_table("Five routers in a line agree, s", "after", "median", "at most", "times")
    for event, taken_s in results.converged_s.items():
        if taken_s:
            table.add_row(event, f"{statistics.median(taken_s):.2f}", f"{max(taken_s):.2f}", f"{len(taken_s)}")
    return table


def _switching(results: MeshResults) -> Table:
    table = make_table(
        "A service is switched while it is spoken to, five routers",
        *("switches", "acknowledged, median s", "at most", "sent", "k msg/s", "lost", "doubled", "out of order"),
    )
    if results.switching is not None:
        found = results.switching
        table.add_row(
            f"{len(found.acknowledged_s)}",
            f"{statistics.median(found.acknowledged_s):.3f}",
            f"{max(found.acknowledged_s):.3f}",
            f"{found.sent:,}",
            thousands(found.per_s),
            *(f"{number:,}" for number in (found.lost, found.doubled, found.disordered)),
        )
    return table


def _deploying(results: MeshResults) -> Table:
    table = make_table(
        "Five routers obey what is said to a deployment, s after the answer", "word", "median", "at most", "times"
    )
    if results.deploying is not None:
        found = results.deploying
        rows = {"promote": found.switched_s, "abort, colours": found.back_s, "abort, weights": found.restored_s}
        for word, taken_s in {**rows, "(until the answer)": found.answered_s}.items():
            table.add_row(word, f"{statistics.median(taken_s):.2f}", f"{max(taken_s):.2f}", f"{len(taken_s)}")
    return table
