"""SHELL: threads that verify passwords, one for each standing of an address, and stand back behind the loop; it knows none."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

from communicator.fairness.sources import Standing
from communicator.lone_thread import LoneThread

_NICE = {Standing.KNOWN: 0, Standing.NEW: 5, Standing.FAILED: 10}
"""How far the thread for passwords from such an address stands back. On a busy machine that is as much of the processor as the
loop gets, a third, and a tenth: whoever guesses gets least, and whom we know waits for nobody."""

R = TypeVar("R")


class PasswordThreads:
    """They begin when they are needed, and no end of the process waits for them."""

    def __init__(self) -> None:
        self.threads: dict[Standing, LoneThread] = {}
        """Those that have begun."""

    def submit(self, standing: Standing, verify: Callable[[], R]) -> Future[R]:
        """Verify a password from an address that stands so."""
        if standing not in self.threads:
            self.threads[standing] = LoneThread("passwords", partial(_stand_back, _NICE[standing]))
        return self.threads[standing].submit(verify)

    def close(self) -> None:
        """Take no more."""
        for thread in self.threads.values():
            thread.close()


def _stand_back(by: int) -> None:
    """Let the loop go first where cores are few; on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        own = threading.get_native_id()
        with suppress(OSError):  # where that is forbidden, it works without
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + by)
