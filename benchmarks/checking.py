"""What checking every message against its definition costs: the rate at `enforce` beside the rate at `off`, in turn."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Load, Rate, measure_rate
from benchmarks.servers import OURS, Server, run_server
from benchmarks.shapes import SHAPES
from benchmarks.workers import Workers

MODES = ("off", "debug", "enforce")
PARAMETERS = "serial=12345;state=running;share=0.75;data="
"""Four parameters, of which three have rules."""
DEFINITION = """\
description = what the benchmark sends
broadcast = forbidden

[serial]
flags = required
type = integer
validator = integer(0...1000000)

[state]
flags = required
validator = enum(starting|running|stopping)

[share]
flags = required
validator = number(0...1)

[data]
flags = required
"""


@dataclass(frozen=True, slots=True)
class CheckCell:
    """All runs of one load, by mode."""

    shape: str
    line_bytes: int
    runs: dict[str, list[Rate]]

    def per_s(self, mode: str) -> float | None:
        """The median rate of a mode, None when no run succeeded."""
        rates = [run.per_s for run in self.runs[mode] if run.per_s is not None]
        return statistics.median(rates) if rates else None

    def cpu_us(self, mode: str) -> float:
        """The router's processor time for each message, median."""
        return statistics.median(run.server_cpu_us for run in self.runs[mode])

    def ratio(self, mode: str) -> float | None:
        """The rate of a mode as a part of the unchecked one."""
        checked, off = self.per_s(mode), self.per_s("off")
        return checked / off if checked and off else None


@contextmanager
def run_checking_routers() -> Iterator[dict[str, Server]]:
    """A router for each mode, for as long as the block lasts; all know the same definition."""
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        (Path(folder) / "PAYLOAD.conf").write_text(DEFINITION)
        yield {
            mode: stack.enter_context(
                run_server(OURS, settings=(f"check_messages={mode}", f'definitions_path=["{folder}"]'))
            )
            for mode in MODES
        }


def measure_checking(
    servers: dict[str, Server], line_bytes: int, duration_s: float, rounds: int, workers: Workers
) -> list[CheckCell]:
    """Take the rates of one sender to one and to eight receivers, the modes in turn.

    Args:
        servers: See `run_checking_routers`.
        line_bytes: The size of a line, newline included.
        duration_s: How long each run sends.
        rounds: How often each rate is taken.
        workers: The load processes.
    """
    cells = []
    for shape in SHAPES[:2]:
        load = Load(shape=shape, transport="tcp", line_bytes=line_bytes, duration_s=duration_s, parameters=PARAMETERS)
        runs: dict[str, list[Rate]] = {mode: [] for mode in servers}
        for _ in range(rounds):
            for mode, server in servers.items():
                runs[mode].append(measure_rate(server, load, workers))
        cells.append(CheckCell(shape.name, line_bytes, runs))
    return cells
