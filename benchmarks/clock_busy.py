"""Processes that do nothing but keep the processors busy; it measures nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_SPIN = "while True: pass"


@contextmanager
def run_busy(count: int) -> Iterator[None]:
    """Have so many of them for as long as the block lasts."""
    with ExitStack() as stack:
        for _ in range(count):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-S", "-c", _SPIN]))
            stack.callback(process.kill)
        yield
