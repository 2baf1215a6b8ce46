"""The stories of deployments on five real hosts: hosts without power, wrong clocks, cut cables, dead canaries, lies."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAMS = ("ip", "mount", "unshare")


def test_deployments_survive_what_happens_to_their_hosts():
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking:
        missing(f"no network of its own: root is needed, and {', '.join(lacking) or 'nothing else'}")
    words = [sys.executable, "-m", "tests.canary.deployment.live"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
