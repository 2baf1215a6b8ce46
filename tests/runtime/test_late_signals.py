"""A request to end that comes when a daemon has ended already changes nothing: not even its exit code."""

import subprocess
import sys

import pytest

SCRIPT = """
import atexit, os, signal, sys, threading
from communicator.runtime import Settings, daemon_command

class NoSettings(Settings, frozen=True):
    pass

async def serve(daemon):
    daemon.ready({})

if sys.argv.pop() == "threads":  # one that the mask of the main thread does not cover
    threading.Thread(target=threading.Event().wait, daemon=True).start()
atexit.register(os.kill, os.getpid(), signal.Signals[sys.argv.pop()])
daemon_command("lated", NoSettings, serve, help="Ends at once.")()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("threads", ["threads", "alone"])
def test_a_late_signal_is_not_heard(name, threads):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, threads], capture_output=True, text=True, check=False, timeout=30
    )
    assert "event=stopped exit_code=0" in done.stdout + done.stderr
    assert done.returncode == 0
