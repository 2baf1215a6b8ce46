"""The processes that make load, held for a whole run: one of senders, one of receivers, one of idle clients."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.load import work

ANSWER_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that carries out plans."""

    control: Connection

    def tell(self, order: object) -> None:
        """Send a plan or the next step of one."""
        self.control.send(order)

    def answer(self) -> Any:
        """The next answer.

        Raises:
            BenchmarkError: The plan failed, or nothing came.
        """
        if not self.control.poll(ANSWER_TIMEOUT_S):
            raise BenchmarkError(f"a load process gave no answer in {ANSWER_TIMEOUT_S:g} s")
        answer = self.control.recv()
        if isinstance(answer, Exception):
            raise BenchmarkError(f"{type(answer).__name__}: {answer}") from answer
        return answer


@dataclass(frozen=True, slots=True)
class Workers:
    """The three of a run."""

    senders: Worker
    receivers: Worker
    crowd: Worker


@contextmanager
def run_workers() -> Iterator[Workers]:
    """Hold the processes for as long as the block lasts."""
    context = multiprocessing.get_context("spawn")
    processes, controls = [], []
    try:
        for name in ("senders", "receivers", "crowd"):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs,), name=name, daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            controls.append(ours)
        yield Workers(*(Worker(control) for control in controls))
    finally:
        for control in controls:
            control.close()
        for process in processes:
            process.join(2)
            process.terminate()
            process.join()
            process.close()
