"""One story of five real hosts; `make soak` plays thirty."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

PROGRAMS = ("ip", "mount", "unshare")


def test_after_all_troubles_real_hosts_know_and_enforce_the_same():
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking:
        missing(f"no network of its own: root is needed, and {', '.join(lacking) or 'nothing else'}")
    words = ["-m", "tests.canary.book.live", "--seeds", "1", "--troubles", "8"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
