"""One shadow beside a real primary, in brief; all of them are played at length by make soak."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.takes(65),
    pytest.mark.skipif(
        sys.version_info < (3, 13), reason="it takes a Python that can be told how many processors there are"
    ),
]


def test_a_shadow_that_lies_about_its_role_reaches_nobody_and_costs_nobody_a_reply():
    words = [sys.executable, "-m", "tests.cluster.shadows", "--brief", "lying-here"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
