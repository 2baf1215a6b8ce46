"""This very host, and a process of ours."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from exporters.host_reading import read_host


def test_this_host_has_a_load_memory_and_disks(tmp_path):
    found = read_host([str(tmp_path), str(tmp_path), "/nowhere/at/all"], {})
    assert len(found.loads) == 3
    assert found.cpus >= 1
    assert 0 < found.memory_available_bytes <= found.memory_total_bytes
    assert found.boot_time_seconds < time.time()
    assert list(found.disks) == [str(tmp_path)]
    disk = found.disks[str(tmp_path)]
    assert 0 <= disk.free_bytes <= disk.size_bytes
    assert disk.size_bytes == os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize


def test_a_process_of_ours_is_seen():
    process = read_host([], {"me": psutil.Process()}).processes["me"]
    assert process.resident_bytes > 1_000_000
    assert process.threads >= 1
    assert process.open_fds >= 3
    assert process.cpu_seconds > 0
    assert process.start_time_seconds < time.time()


@pytest.mark.parametrize("is_reaped", [False, True])
def test_a_process_that_has_ended_is_not_there(is_reaped):
    child = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    seen = psutil.Process(child.pid)
    if is_reaped:
        child.wait()
    else:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert read_host([], {"child": seen, "other": None}).processes == {"child": None, "other": None}
    finally:
        child.communicate()
