"""One story of five real hosts; `make soak` plays thirty."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150), pytest.mark.takes(45)]

PROGRAMS = ("ip", "mount", "unshare")


@pytest.fixture(scope="module")
def alone():
    """Skip where hosts cannot have a network and disks of their own."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking:
        missing(f"no network of its own: root is needed, and {', '.join(lacking) or 'nothing else'}")


def play(*words):
    program = [sys.executable, "-m", "tests.canary.book.live", *words]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("alone")
def test_after_all_troubles_real_hosts_know_and_enforce_the_same():
    play("--seeds", "1", "--troubles", "8")


@pytest.mark.usefixtures("alone")
def test_a_feature_goes_dark_in_a_minority_with_a_full_disk_and_without_a_leader():
    play("--dark")
