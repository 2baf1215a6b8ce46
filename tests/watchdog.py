"""A watch over tests that not even their time-outs can end."""

import faulthandler
import math
import os
import time

import pytest

HANGS_S = 330.0
"""The longest time-out of a test is 300 s."""
SHARED_S = 30.0


class Watchdog:
    """Ends a run in which a test hangs, and tells where it hangs.

    That is what pytest's `faulthandler_timeout` does. But it starts and joins a thread for each test, which costs more than
    most tests do: here one thread watches all tests that begin within `shared_s` seconds.

    Args:
        hangs_s: A test may take so long.
        shared_s: The watch begins anew after so long; what hangs is told at most so much later.
    """

    def __init__(self, hangs_s: float = HANGS_S, shared_s: float = SHARED_S) -> None:
        self._hangs_s = hangs_s
        self._shared_s = shared_s
        self._began_s = -math.inf
        self._stderr = os.dup(2)  # while a test runs, what it says there is kept by pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> None:
        """A test begins."""
        now_s = time.monotonic()
        if now_s - self._began_s >= self._shared_s:
            faulthandler.dump_traceback_later(self._hangs_s + self._shared_s, file=self._stderr, exit=True)
            self._began_s = now_s

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self) -> None:
        """A test has failed: pytest has ended every watch, for somebody may look at it in a debugger."""
        self._began_s = -math.inf

    def pytest_unconfigure(self) -> None:
        """All is over."""
        faulthandler.cancel_dump_traceback_later()
        os.close(self._stderr)
