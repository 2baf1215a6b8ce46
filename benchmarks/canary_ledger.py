"""Measures the ledger of the canary: appends, reading, checking, folding, explaining one version; it judges nothing."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import msgspec

from benchmarks.errors import BenchmarkError
from canary.judge.apply import apply
from canary.judge.explain import explain
from canary.judge.state import Cell, State
from canary.ledger.clock import Reading
from canary.ledger.retention import Fold, restore
from canary.ledger.store import Ledger
from canary.records import AnyRecord, CellKey, OfRun, RunExcused, encode_record
from canary.rules import Rules

AT_ONCE = 100
SPACING_S = 0.6
"""Between two records, by the ledger's clock: about what the judges saw."""
_SYNCS = 300
_BATCH = 2_000
_BATCHES_AT_ONCE = 4
"""How the rest of the ledger is filled, which is not measured."""
_LOOKS = 20


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """What a ledger of so many entries is capable of; each append is durable when it is counted."""

    entries: int
    size_bytes: int
    synced_per_s: float
    """Beside it: lines of the same size, each written to a plain file and synced: what this disk is capable of."""
    single_per_s: float
    """Appends of one record, each waiting for the one before."""
    grouped_per_s: float
    """The same, so many of them at the same time."""
    verified_s: float
    """Until all entries are read and held against their checksums."""
    folded_s: float
    """Until all are read, decoded and folded."""
    read_cpu_s: float
    """Of these two together, the processor time: what a busy machine disturbs less."""
    explain_s: float
    """Until one version on one server is found and explained, the slowest of some, the one with most entries among them."""
    explained: int
    """Entries about that one."""


def measure_ledger(
    folder: Path, records: Sequence[AnyRecord], entries: int, appends: int, fold: Fold = apply
) -> LedgerFigures:
    """Fill an empty ledger and measure it.

    Args:
        folder: Where; a file-based one of SQLite.
        records: What it is filled with, again and again, each time as other runs.
        entries: How many it is to hold.
        appends: How many of them are appended one at a time, and as many a hundred at a time.
        fold: What is called with each entry.

    Raises:
        BenchmarkError: What was written does not verify, or is more than it is to hold.
    """
    clocks, path = _Clocks(), folder / "canary.db"
    stream = again_and_again(records)
    synced_per_s = _measure_syncs(folder, encode_record(records[0]))
    with Ledger.open(path, clocks=clocks) as ledger:
        single_s = _timed(lambda: asyncio.run(_append(ledger, clocks, stream, appends, at_once=1)))
        grouped_s = _timed(lambda: asyncio.run(_append(ledger, clocks, stream, appends, at_once=AT_ONCE)))
        asyncio.run(_fill(ledger, clocks, stream, max(0, entries - ledger.last_seq)))
        began_cpu_s = time.process_time()
        verified_s = _timed(lambda: _verify(ledger, entries))
        states: list[State] = []
        folded_s = _timed(lambda: states.append(restore(ledger, fold)))
        read_cpu_s = time.process_time() - began_cpu_s
        explain_s, explained = max(
            _explain(ledger, states[0].cells.get(cell, Cell(cell))) for cell in pick_cells(records, _LOOKS)
        )
    return LedgerFigures(
        entries=entries,
        size_bytes=path.stat().st_size,
        synced_per_s=synced_per_s,
        single_per_s=appends / single_s,
        grouped_per_s=appends / grouped_s,
        verified_s=verified_s,
        folded_s=folded_s,
        read_cpu_s=read_cpu_s,
        explain_s=explain_s,
        explained=explained,
    )


def again_and_again(records: Sequence[AnyRecord]) -> Iterator[AnyRecord]:
    """The same records without an end, each time as other runs."""
    yield from records
    for turn in count(1):
        for record in records:
            if isinstance(record, OfRun | RunExcused):
                yield msgspec.structs.replace(record, run_id=f"{record.run_id}-{turn}")
            else:
                yield record


def pick_cells(records: Sequence[AnyRecord], some: int) -> list[CellKey]:
    """The version on a server that most records are about, and some others, evenly."""
    counts: dict[CellKey, int] = {}
    for record in records:
        if isinstance(record, OfRun):
            counts[record.key] = counts.get(record.key, 0) + 1
    cells = list(counts)
    return [max(cells, key=counts.__getitem__), *cells[:: max(1, len(cells) // some)]]


class _Clocks:
    """Of a host; they stand until they are moved."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def __call__(self) -> Reading:
        return Reading("benchmark", self._now_s, self._now_s)

    def advance(self, records: int) -> None:
        self._now_s += records * SPACING_S


async def _append(ledger: Ledger, clocks: _Clocks, stream: Iterator[AnyRecord], number: int, at_once: int) -> None:
    for first in range(0, number, at_once):
        records = list(islice(stream, min(at_once, number - first)))
        clocks.advance(len(records))
        await asyncio.gather(*(ledger.append([record]) for record in records))


async def _fill(ledger: Ledger, clocks: _Clocks, stream: Iterator[AnyRecord], number: int) -> None:
    rest = islice(stream, number)
    while batches := [batch for _ in range(_BATCHES_AT_ONCE) if (batch := list(islice(rest, _BATCH)))]:
        clocks.advance(sum(map(len, batches)))
        await asyncio.gather(*map(ledger.append, batches))


def _verify(ledger: Ledger, entries: int) -> None:
    found = ledger.verify()
    if found.fault is not None or found.checked != entries:
        raise BenchmarkError(f"the ledger does not verify: {found}")


def _explain(ledger: Ledger, cell: Cell) -> tuple[float, int]:
    """How long it takes, and how many entries are told."""
    lines = 0

    def ask() -> None:
        nonlocal lines
        lines = len(explain(ledger.entries_of(cell.key), Rules(), cell, ledger.now_s(), lambda _run: False).lines)

    return _timed(ask), lines


def _measure_syncs(folder: Path, line: bytes) -> float:
    """How many lines a second can be written to a file so that each is on the disk before the next."""
    with tempfile.TemporaryFile(dir=folder) as file:

        def write() -> None:
            for _ in range(_SYNCS):
                os.write(file.fileno(), line)
                os.fdatasync(file.fileno())

        return _SYNCS / _timed(write)


def _timed(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s
