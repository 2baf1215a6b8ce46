"""Requests to end beyond the first: one that comes while a daemon ends ends it now, one that comes later changes nothing."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import atexit, os, signal, sys, threading
from communicator.runtime.command import daemon_command
from communicator.runtime.settings_type import Settings

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


STUCK = """
import asyncio
from communicator.runtime.command import daemon_command
from communicator.runtime.settings_type import Settings

class NoSettings(Settings, frozen=True):
    pass

async def serve(daemon):
    daemon.ready({})
    await daemon.stopping.wait()
    print("ending", flush=True)
    await asyncio.Event().wait()

daemon_command("stuckd", NoSettings, serve, help="Never ends.")()
"""


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_daemon_that_does_not_end(tmp_path, first, second):
    ports = tmp_path / "ports.json"
    command = [sys.executable, "-c", STUCK, "--ports-file", str(ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr:
                if "event=ready" in line:
                    break
            process.send_signal(first)
            assert process.stdout.readline() == "ending\n"
            process.send_signal(second)
            _, log = process.communicate(timeout=30)
        finally:
            process.kill()
    assert f"event=ended_at_once cause={second.name}" in log
    assert process.returncode == -second
    assert not ports.exists()


ENDED = """
import atexit, gc
from communicator.runtime.command import daemon_command
from communicator.runtime.settings_type import Settings

class NoSettings(Settings, frozen=True):
    pass

async def serve(daemon):
    daemon.ready({})

atexit.register(lambda: print(gc.get_freeze_count()))
daemon_command("endedd", NoSettings, serve, help="Ends at once.")()
"""


def test_what_is_left_at_the_end_is_not_looked_through_once_more():
    done = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True, check=True, timeout=30)
    assert int(done.stdout) > 1000
