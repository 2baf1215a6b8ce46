import subprocess
import sys

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.processor_clock import processor_clock

WORKS_A_LITTLE = "print(flush=True); input(); sum(range(1_000_000)); print(flush=True); input()"
NOBODY = 2**22 + 1
"""Above the largest number that the kernel gives a process."""


def test_it_counts_what_a_process_does_from_then_on():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", WORKS_A_LITTLE], **pipes, text=True) as process:
        process.stdout.readline()
        with processor_clock(process.pid) as clock:
            before_s = clock()
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()
            assert clock() - before_s > 1e-4
        process.communicate("\n")


def test_a_process_that_is_not_there_is_named():
    with pytest.raises(BenchmarkError, match="No such process"), processor_clock(NOBODY):
        pass
