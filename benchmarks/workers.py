"""The processes that make load, held for a whole run: one of senders, one of receivers, one of idle clients."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks import attack, intruder, load, numbered
from benchmarks.errors import BenchmarkError

ANSWER_TIMEOUT_S = 60.0
_ACTIONS: dict[type, Callable[..., None]] = {
    load.SendPlan: load.send,
    load.ReceivePlan: load.receive,
    load.PingPlan: load.ping,
    load.CrowdPlan: load.hold_crowd,
    numbered.NumberedPlan: numbered.send_numbered,
    numbered.CheckPlan: numbered.check_numbered,
    attack.AttackPlan: attack.attack,
    intruder.IntruderPlan: intruder.intrude,
}


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that carries out plans."""

    control: Connection

    def tell(self, order: object) -> None:
        """Send a plan or the next step of one."""
        self.control.send(order)

    @property
    def has_answered(self) -> bool:
        """Whether `answer` would not have to wait."""
        return self.control.poll()

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


def work(control: Connection) -> None:
    """The life of a worker process: carry out plan after plan, until None comes or the other end is gone."""
    while True:
        try:
            plan = control.recv()
        except EOFError:
            return
        if plan is None:
            return
        action = _ACTIONS.get(type(plan))
        if action is None:
            continue  # a later step of a plan that has failed
        try:
            action(plan, control)
        except Exception as error:  # noqa: BLE001 - whatever it is, the process that waits for an answer must have it
            control.send(error)


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
