"""The first shadow of docs/shadow.md, word for word: a router and a canary in a network of their own."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 240.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh")
"""Nothing that it starts outlives it."""
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied on a host that is busy, as one that runs tests is."""


def script(folder):
    """All blocks of the chapter, in order."""
    page = (ROOT / "docs/shadow.md").read_text()
    chapter = page.partition("## Your first shadow\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    return "\n".join(("set -e", "ip link set lo up", *blocks)).replace("/tmp/shade", folder)


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="it takes a Python that can be told how many processors there are"
)
@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip"):
        require_program(program)
    with tempfile.TemporaryDirectory(prefix="shade") as parent:
        done = subprocess.run(
            [*OWN, "-c", script(f"{parent}/f")],
            cwd=ROOT,
            env=os.environ | CALM,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        is_tidy = not Path(parent, "f").exists()
    assert (done.returncode, is_tidy) == (0, True), done.stdout
    said = [
        "✔ copying; ",
        "text=hello, alpha:bellwether_",
        "GREETED (5)",
        "5 conversations compared: ",
        "PONG.text",
        "exit code 1: it was stopped",
    ]
    places = [done.stdout.find(text) for text in said]
    assert -1 not in places, done.stdout
    assert places == sorted(places)
    assert "good day" not in done.stdout
