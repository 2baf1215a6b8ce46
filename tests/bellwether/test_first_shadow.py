"""The first shadow of docs/shadow.md, word for word: a router and a canary, with a network and a load of their own."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 240.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh")
"""Nothing that it starts outlives it."""
CALM = "0.10 0.10 0.10 1/100 1\n"
"""What the kernel tells of the load there: nothing is copied on a host that is busy, as one that runs tests is."""


def script(folder):
    """All blocks of the chapter, in order."""
    page = (ROOT / "docs/shadow.md").read_text()
    chapter = page.partition("## Your first shadow\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    calm = f"mount --bind {folder}.load /proc/loadavg"
    return "\n".join(("set -e", "ip link set lo up", calm, *blocks)).replace("/tmp/shade", folder)


@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip", "mount"):
        require_program(program)
    with tempfile.TemporaryDirectory(prefix="shade") as parent:
        Path(parent, "f.load").write_text(CALM)
        done = subprocess.run(
            [*OWN, "-c", script(f"{parent}/f")],
            cwd=ROOT,
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
