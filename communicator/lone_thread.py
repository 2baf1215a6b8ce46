"""SHELL: a thread that does one job after the other, and that nobody waits for at the end of the process; it knows no job."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

R = TypeVar("R")


class LoneThread:
    """A thread, begun with the first job.

    That of an executor would be waited for when the interpreter ends, however long a disk or a password takes.

    Args:
        name: Of the thread.
        begin: Called in the thread before the first job.
    """

    def __init__(self, name: str, begin: Callable[[], None] = lambda: None) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._begin = begin
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def submit(self, job: Callable[[], R]) -> Future[R]:
        """Do something when all that was submitted before is done; what comes of it is told in that thread."""
        done: Future[R] = Future()

        def do() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - whoever waits hears of it
                done.set_exception(error)
            else:
                done.set_result(result)

        self._jobs.put(do)
        if self.thread.ident is None:
            self.thread.start()
        return done

    def close(self) -> None:
        """Take no more; what was submitted is done, if the process lives for so long."""
        self._jobs.put(None)

    def _work(self) -> None:
        self._begin()
        while (job := self._jobs.get()) is not None:
            job()
