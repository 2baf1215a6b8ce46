import os
import subprocess
import sys

import pytest

from timekeeper.discipline import NoAnswer
from timekeeper.kernel import read_kernel
from timekeeper.timex import KernelClock


def test_the_kernel_answers():
    clock = read_kernel()
    assert isinstance(clock, KernelClock)
    assert clock.esterror_s >= 0
    assert 0 < clock.maxerror_s <= 2**31 / 1e6
    assert -500 <= clock.frequency_ppm <= 500


def test_another_machine_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "freebsd15")
    assert read_kernel() == NoAnswer("the kernel's clock state is only read on 64-bit Linux")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_may_read_it():
    program = (
        "import os; from timekeeper.kernel import read_kernel; os.setresuid(65534, 65534, 65534);"
        "print(type(read_kernel()).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "KernelClock", done.stderr
