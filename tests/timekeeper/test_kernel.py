import ctypes
import errno
import subprocess
import sys
from types import SimpleNamespace

import pytest

from timekeeper import kernel
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


@pytest.mark.usefixtures("require_root")
def test_an_ordinary_user_may_read_it():
    program = (
        "import os; from timekeeper.kernel import read_kernel; os.setresuid(65534, 65534, 65534);"
        "print(type(read_kernel()).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "KernelClock", done.stderr


@pytest.mark.parametrize(
    ("state", "reason"),
    [(-1, "adjtimex failed: Operation not permitted"), (6, "adjtimex returned 6, which is no clock state")],
)
def test_a_kernel_that_refuses_or_talks_nonsense(monkeypatch, state, reason):
    """As a container without the system call does."""

    def adjtimex(_timex):
        ctypes.set_errno(errno.EPERM)
        return state

    monkeypatch.setattr(kernel, "_libc", lambda: SimpleNamespace(adjtimex=adjtimex))
    assert read_kernel() == NoAnswer(reason)
