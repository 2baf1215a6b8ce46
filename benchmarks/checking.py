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
_PLAIN = "serial=12345;state=running;share=0.75;"
KINDS = {
    "plain": f"{_PLAIN}data=",
    "quoted": f'{_PLAIN}title="one;two";data=',
    "json": f'{_PLAIN}report={{"n":[1,2]}};data=',
}
"""What is sent: three parameters that have rules; also one that has to be quoted, or one that no expression matches."""
ALONE = "json"
"""The kind of lines that are checked one by one: reported, but not held against a bar."""
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

[title]
flags = optional

[report]
flags = optional
validator = json

[data]
flags = required
"""


@dataclass(frozen=True, slots=True)
class CheckCell:
    """All runs of one load, by mode."""

    kind: str
    """One of `KINDS`."""
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


def measure_checking(line_bytes: int, duration_s: float, rounds: int, workers: Workers) -> Iterator[CheckCell]:
    """Take the rates of one sender to one receiver for each kind of lines, and to eight for plain ones.

    Each load has routers of its own, which know no other shape of lines; the modes take turns.

    Args:
        line_bytes: The size of a line, newline included.
        duration_s: How long each run sends.
        rounds: How often each rate is taken.
        workers: The load processes.
    """
    one_to_one, one_to_eight = SHAPES[:2]
    for kind, shape in (*((kind, one_to_one) for kind in KINDS), ("plain", one_to_eight)):
        load = Load(shape=shape, transport="tcp", line_bytes=line_bytes, duration_s=duration_s, parameters=KINDS[kind])
        with run_checking_routers() as servers:
            runs: dict[str, list[Rate]] = {mode: [] for mode in servers}
            for _ in range(rounds):
                for mode, server in servers.items():
                    runs[mode].append(measure_rate(server, load, workers))
        yield CheckCell(kind, shape.name, line_bytes, runs)
