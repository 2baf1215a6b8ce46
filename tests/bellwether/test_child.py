"""A child ends with its parent, however the parent ends."""

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

PARENT = """
    import os, subprocess, sys
    child = subprocess.Popen([sys.executable, "-m", "bellwether.child", str(os.getpid()), "patient", "--flag"])
    print(child.pid, flush=True)
    child.wait()
"""
PATIENT = """
    import signal, sys
    def main():
        print(*sys.argv, flush=True)
        signal.pause()
"""


@pytest.fixture
def module_path(tmp_path):
    """An environment in which the module `patient` can be imported."""
    (tmp_path / "patient.py").write_text(textwrap.dedent(PATIENT))
    return os.environ | {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent(module_path, how):
    command = [sys.executable, "-c", textwrap.dedent(PARENT)]
    with subprocess.Popen(command, env=module_path, stdout=subprocess.PIPE, text=True) as parent:
        lines = {parent.stdout.readline() for _ in range(2)}  # the child may be quicker than its parent
        assert "patient --flag\n" in lines
        [number] = lines - {"patient --flag\n"}
        child = psutil.Process(int(number))
        parent.send_signal(how)
        parent.wait(50)
        child.wait(50)
    assert not child.is_running()


def test_a_child_whose_parent_has_gone_already_does_not_start(module_path):
    command = [sys.executable, "-m", "bellwether.child", "1", "patient"]
    done = subprocess.run(command, env=module_path, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
