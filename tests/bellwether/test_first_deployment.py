"""The first deployment of docs/deployments.md, word for word: three routers with canaries, in a network of their own."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 240.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.takes(50)]
OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh")
"""Nothing that it starts outlives it, and its addresses are nobody else's."""


def script(folder):
    """All blocks of the chapter, in order."""
    page = (ROOT / "docs/deployments.md").read_text()
    chapter = page.partition("## Your first deployment\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    return "\n".join(("set -e", "ip link set lo up", *blocks)).replace("/tmp/first", folder)


@pytest.mark.usefixtures("require_root")
def test_it_goes_as_the_manual_says(require_program):
    for program in ("unshare", "ip"):
        require_program(program)
    with tempfile.TemporaryDirectory(prefix="first") as parent:
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
        "exit code 3: it needs a person",
        "done: ping 2.0 is done",
        "failed: ping 3.0 is rolled back",
        "exit code 1: rolled back",
    ]
    places = [done.stdout.find(text) for text in said]
    assert -1 not in places, done.stdout
    assert places == sorted(places)
