"""Shows the results of a run to people, as text, and to machines, as JSON; it must not change or judge them."""

import json
import statistics
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks.bars import MIB, Bar
from benchmarks.beside import beside_table
from benchmarks.book_results import book_table
from benchmarks.canary_report import canary_tables
from benchmarks.checking import MODES
from benchmarks.clock_report import clock_tables
from benchmarks.exporter_report import exporter_tables
from benchmarks.features_results import features_table, reach_table
from benchmarks.mesh_report import mesh_tables
from benchmarks.page_report import page_tables
from benchmarks.results import RateCell, Results
from benchmarks.servers import OURS, OURS_ASYNCIO
from benchmarks.shadow_results import shadow_tables
from benchmarks.tables import make_table, thousands, times

_WIDTH = 170


def to_json(results: Results, bars: list[Bar]) -> str:
    """All figures and verdicts, for machines."""
    found = asdict(results)
    for cell, values in zip(results.rates, found["rates"], strict=True):
        values["median_per_s"] = cell.median
        values["ratio_to_nats"] = results.ratio(cell)
    for latency, values in zip(results.latencies, found["latencies"], strict=True):
        values["ratio_to_nats"] = results.latency_ratio(latency)
    for hop, values in zip(results.mesh.hops, found["mesh"]["hops"], strict=True):
        values["ratio_to_local"], values["cpu_ratio"] = hop.ratio, hop.cpu_ratio
    return json.dumps({**found, "bars": [asdict(bar) for bar in bars]}, indent=2) + "\n"


def show(results: Results, bars: list[Bar], console: Console | None = None) -> None:
    """Print the tables that have something in them, the bars last."""
    console = console or Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    for table in (
        _rates(results),
        _latencies(results),
        beside_table(results.beside),
        _checks(results),
        _intruders(results),
        _doors(results),
        *mesh_tables(results.mesh),
        *clock_tables(results.clock),
        *canary_tables(results.canary),
        book_table(results.book),
        *exporter_tables(results.exporter),
        *page_tables(results.page),
        features_table(results.features),
        reach_table(results.features.reach),
        *shadow_tables(results.shadowing),
        _memory(results),
        _bars(bars),
    ):
        if table.row_count:
            console.print(table)
            console.print()
    for problem in results.problems:
        console.print(f"problem: {problem}", markup=False)
    if _is_disturbed(results.machine):
        console.print("note: other processes were busy when this run began; the rates are too low and spread")
    for key, value in results.machine.items():
        console.print(f"{key}: {value}", markup=False)


def _rates(results: Results) -> Table:
    table = make_table(
        "Rate, thousands of messages delivered per second",
        *("shape", "line", "door", "server", "k msg/s", "min-max", "x nats", "cpu us/msg", "lost"),
    )
    previous = ""
    for cell in results.rates:
        group = f"{cell.shape} {cell.line_bytes}"
        if previous and group != previous:
            table.add_section()
        previous = group
        table.add_row(
            cell.shape,
            f"{cell.line_bytes} B",
            cell.transport,
            cell.server,
            thousands(cell.median),
            f"{thousands(min(cell.rates))}-{thousands(max(cell.rates))}" if cell.rates else "failed",
            times(results.ratio(cell)),
            f"{statistics.median(run.server_cpu_us for run in cell.runs):.2f}",
            _lost(cell),
            style="bold" if cell.server == OURS else "",
        )
    return table


def _latencies(results: Results) -> Table:
    table = make_table(
        "One-way latency of single 100-byte messages", "server", "door", "p50 us", "p99 us", "p50 x nats"
    )
    for cell in results.latencies:
        table.add_row(
            cell.server,
            cell.transport,
            f"{cell.p50_s * 1e6:.1f}",
            f"{cell.p99_s * 1e6:.1f}",
            times(results.latency_ratio(cell)),
            style="bold" if cell.server == OURS else "",
        )
    return table


def _checks(results: Results) -> Table:
    table = make_table(
        "Messages held to their definition, TCP: with a value in quotes (quoted), with one that is JSON (json)",
        *("values", "shape", "line", "checking", "k msg/s", "x off", "cpu us/msg"),
    )
    for cell in results.checks:
        for mode in MODES:
            table.add_row(
                cell.kind,
                cell.shape,
                f"{cell.line_bytes} B",
                mode,
                thousands(cell.per_s(mode)),
                times(cell.ratio(mode)),
                f"{cell.cpu_us(mode):.2f}",
            )
    return table


def _intruders(results: Results) -> Table:
    table = make_table(
        "Single messages beside other links that are busy: the router's processor time from write to delivery, ms",
        *("intruders say", "links", "server", "idle p50", "p99", "beside p50", "p99", "wall p99", "cut"),
    )
    for cell in results.intruders:
        figures = [(state, figure) for state in ("idle", "attacked") for figure in ("cpu_p50_s", "cpu_p99_s")]
        table.add_row(
            cell.attack,
            f"{cell.links}",
            cell.server,
            *(f"{cell.median(*one) * 1e3:.2f}" for one in [*figures, ("attacked", "wall_p99_s")]),
            f"{cell.cut:,}",
        )
    return table


def _doors(results: Results) -> Table:
    table = make_table("Who gets in by the door for other hosts", "beside, who", "came", "kept out", "slowest, s")
    for name, entered in results.doors.items():
        table.add_row(name, f"{entered.of}", f"{entered.kept_out}", f"{entered.worst_s:.2f}")
    return table


def _memory(results: Results) -> Table:
    table = make_table("Our process", "what", "found")
    for (shape, line_bytes), peak in results.peaks().items():
        table.add_row(f"peak resident, {shape}, {line_bytes}-byte lines", f"{peak / MIB:.1f} MiB")
    for name in (OURS, OURS_ASYNCIO):
        if name in results.idle_bytes:
            table.add_row(f"resident with 100 idle links, {name}", f"{results.idle_bytes[name] / MIB:.1f} MiB")
        if name in results.ready_s:
            times = results.ready_s[name]
            table.add_row(f"start to ready, {name}", f"{statistics.median(times):.2f} s (at most {max(times):.2f})")
    if results.mesh.linked_bytes:
        table.add_row("resident with 100 idle links and one router link", f"{results.mesh.linked_bytes / MIB:.1f} MiB")
    for module, taken_s in results.imports_s.items():
        table.add_row(f"import {module}", f"{taken_s * 1e3:.0f} ms")
    return table


def _bars(bars: list[Bar]) -> Table:
    table = make_table("Bars", "what", "bar", "found", "")
    for bar in bars:
        table.add_row(bar.what, bar.asked, bar.found, "met" if bar.met else "MISSED", style="" if bar.met else "red")
    return table


def _lost(cell: RateCell) -> str:
    lost = sum(run.lost for run in cell.runs)
    return f"{lost:,}" if lost else "-"


def _is_disturbed(machine: dict[str, str]) -> bool:
    """Whether the load before the run was more than a quarter of the cores."""
    return float(machine.get("load_before", 0)) > int(machine.get("cores", 1)) / 4
