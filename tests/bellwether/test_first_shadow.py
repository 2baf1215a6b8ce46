"""The first shadow of docs/shadow.md: a router and a canary in a network of their own.

It goes word for word but for the router, which takes a conversation for over after a second and not after thirty.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 120.0
"""It takes 15 s where nothing else runs."""
pytestmark = [pytest.mark.slow, pytest.mark.takes(20)]
OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh")
"""Nothing that it starts outlives it."""
ROUTER, HASTY = ".venv/bin/communicatord ", ".venv/bin/python -m tests.bellwether.hasty_router "
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied on a host that is busy, as one that runs tests is."""


def script(folder):
    """All blocks of the chapter, in order."""
    page = (ROOT / "docs/shadow.md").read_text()
    chapter = page.partition("## Your first shadow\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    text = "\n".join(("set -e", "ip link set lo up", *blocks)).replace("/tmp/shade", folder)
    assert text.count(ROUTER) == 1
    return text.replace(ROUTER, HASTY)


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="it takes a Python that can be told how many processors there are"
)
@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip"):
        require_program(program)
    with tempfile.TemporaryDirectory(prefix="shade") as parent:
        done = subprocess.run(
            ["timeout", "--signal=KILL", str(WITHIN_S), *OWN, "-c", script(f"{parent}/f")],
            cwd=ROOT,
            env=os.environ | CALM,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
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
