"""Each block of docs/features.md, in its order, on a real suite, with the service that the page shows."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bellwether.test_up import WITHIN_S, environment, up

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
]  # five programs, asked by twenty more
PAGE = (Path(__file__).parents[2] / "docs/features.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\(`([\w.-]+\.(?:py|json|mjs))`")
"""A block of a file has its name in brackets, in the paragraph before it."""


def blocks():
    """Language, name of the file if it is one, and text."""
    for fence in FENCE.finditer(PAGE):
        paragraph = PAGE[: fence.start()].rstrip().rpartition("\n\n")[2]
        names = FILE.findall(paragraph)
        yield fence[1], names[-1] if names and fence[1] != "sh" else "", fence[2]


BLOCKS = list(blocks())
COMMANDS = [text for language, _, text in BLOCKS if language == "sh"]
FILES = {name: text for _, name, text in BLOCKS if name}


def test_each_block_is_a_file_or_a_command_or_what_is_shown():
    assert {language for language, name, _ in BLOCKS if not name} == {"sh", "text"}
    assert set(FILES) == {"parser.py", "new-parser.json", "ramp.json", "ask.mjs"}
    assert len(COMMANDS) > 5


class Story:
    """A suite, and the directory in which the reader of the page works."""

    def __init__(self, suite):
        self.directory = suite.directory
        ports = json.loads(suite.layout.ports_file("bellwether-exporter").read_text())
        self._ours = {
            "/run/bellwether/communicatord.sock": str(suite.socket),
            "127.0.0.1:9741": ports["ofrep"],
        }
        for name, text in FILES.items():
            (self.directory / name).write_text(self.here(text))

    def here(self, text):
        """What the page says, with the places of this suite."""
        for theirs, ours in self._ours.items():
            text = text.replace(theirs, ours)
        return text

    def run(self, text):
        """What a block prints; it fails as its first command does."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(text)],
            cwd=self.directory,
            env=environment() | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run_until(self, text, is_good):
        """The same, again and again until it prints what one may expect."""
        give_up = time.monotonic() + WITHIN_S
        while not is_good(shown := self.run(text)):
            assert time.monotonic() < give_up, shown
        return shown


@contextmanager
def service(directory):
    """The service of the page."""
    with subprocess.Popen([sys.executable, "parser.py"], cwd=directory, env=environment()) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def story(tmp_path):
    with up(tmp_path) as suite, service(tmp_path):
        yield Story(suite)


SHOWN = {
    "feature history": r"switched new-parser off",
    "parser/PARSE": r"PARSED by=the new parser",
    "feature off new-parser --reason 'it loses invoices' --for 8h": r"✔ \w+: in force\n(.*\n)*‖ new-parser",
    "set new-parser ramp.json": r"✔ ramp.json: 1 sound flag\n✔ \w+: in force",
    "curl": r'"key": ?"new-parser"(.*\n)*.*"flags"',
    "FEATURE_EVALUATE": r"FEATURE_EVALUATED .*new-parser",
    "scan": r"No feature flag is stale\.\n✔ 1 flag, 2 files of code: 0 without a reference, 0 not defined",
}
"""What a block shows that holds these words, as a regular expression."""


@pytest.mark.short
@pytest.mark.takes(15)
def test_the_page_works_from_its_beginning_to_its_end(story):
    story.run_until("bellwether services", lambda shown: "parser" in shown)
    story.run("bellwether feature set new-parser new-parser.json")
    story.run_until("bellwether send --wait parser/PARSE customer=c-1042", lambda shown: "the new parser" in shown)
    seen = set()
    for text in COMMANDS:
        shown = story.run(text)
        for words, pattern in SHOWN.items():
            if words in text:
                seen.add(words)
                assert re.search(pattern, shown), f"{text}\n{shown}"
    assert seen == set(SHOWN)
    if shutil.which("node"):  # few machines have it, and the same was asked with curl
        assert story.run("node ask.mjs").split()[0] in {"true", "false"}
