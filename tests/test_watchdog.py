"""What hangs is told and ends; what takes its time is left alone, and each test has the whole of it."""

import subprocess
import sys

import pytest

from tests.conftest import EVENTUALLY_S, ROOT

BEGIN = """
import faulthandler, signal
from tests.watchdog import Watchdog
watchdog = Watchdog(hangs_s={hangs_s}, shared_s={shared_s})
def test_of(hangs):
    watchdog.pytest_runtest_protocol()
    if hangs:
        signal.pause()
"""


def outcome(script, hangs_s, shared_s=0.0):
    """The exit code, and what was said."""
    program = BEGIN.format(hangs_s=hangs_s, shared_s=shared_s) + script
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=EVENTUALLY_S
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "script",
    [
        "test_of(True)",
        "test_of(False); test_of(True)",
        "test_of(False); faulthandler.cancel_dump_traceback_later(); watchdog.pytest_exception_interact(); test_of(True)",
    ],
    ids=["the first", "a later one", "after a failure"],
)
@pytest.mark.parametrize("shared_s", [0.0, 0.5])
def test_what_hangs_is_told_and_ends(script, shared_s):
    code, said = outcome(script, hangs_s=0.05, shared_s=shared_s)
    assert code == 1
    assert said.startswith("Timeout (")
    assert "in test_of" in said


def test_what_ends_in_time_is_left_alone():
    assert outcome("for _ in range(3): test_of(False)\nwatchdog.pytest_unconfigure()", hangs_s=EVENTUALLY_S) == (0, "")
