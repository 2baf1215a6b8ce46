"""A chapter of a manual, played as it stands: all its blocks, one after the other, in a network of their own."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh")
"""Nothing that it starts outlives it, and its addresses are nobody else's."""


class Chapter(NamedTuple):
    """Where it stands, and where its files are."""

    page: str
    title: str
    folder: str
    """Of its files; another one takes its place here."""
    blocks: int

    def script(self, folder):
        """All its blocks, in order."""
        page = (ROOT / self.page).read_text()
        chapter = page.partition(f"## {self.title}\n")[2].partition("\n## ")[0]
        blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
        assert len(blocks) == self.blocks
        return "\n".join(("set -e", "ip link set lo up", *blocks)).replace(self.folder, folder)


def play(chapter, within_s, change=lambda script: script, environment=None):
    """What it says, once it has ended well and left nothing behind.

    Args:
        chapter: Which.
        within_s: It is killed when it takes longer.
        change: What is played in its place, where it cannot go word for word.
        environment: Further variables.
    """
    with tempfile.TemporaryDirectory(prefix=Path(chapter.folder).name) as parent:
        done = subprocess.run(
            ["timeout", "--signal=KILL", str(within_s), *OWN, "-c", change(chapter.script(f"{parent}/f"))],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        is_tidy = not Path(parent, "f").exists()
    assert (done.returncode, is_tidy) == (0, True), done.stdout
    return done.stdout


def require_in_order(said, *texts):
    """See that all of them are said, in this order."""
    places = [said.find(text) for text in texts]
    assert -1 not in places, said
    assert places == sorted(places)
