"""A few stories of deployments on five real hosts; all of them are played by make soak."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.takes(45)]

PROGRAMS = ("ip", "mount", "unshare")
PLAYED = ("install", "switch_while_a_host_is_away", "stop_a_shadow_too_early")


def test_they_end_well():
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking:
        missing(f"no network of its own: root is needed, and {', '.join(lacking) or 'nothing else'}")
    words = [sys.executable, "-m", "tests.canary.deployment.live", *PLAYED]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
