"""All that the command `bellwether` says goes through the screen, where nothing of somebody else's can steer a terminal."""

import re

from checks.tree import ROOT

SCREEN = {"screen.py", "screen_text.py"}
PAST_IT = re.compile(r"\bsys\.(?:stdout|stderr)\.|\bprint\(|\bConsole\(|typer\.(?:echo|secho)|click\.(?:echo|secho)")
BY_A_SCREEN = re.compile(r"(?:\.|def _)print\(|_print\(")


def test_nothing_is_written_past_the_screen():
    modules = [module for module in sorted((ROOT / "bellwether").glob("*.py")) if module.name not in SCREEN]
    lines = [(module.name, line) for module in modules for line in module.read_text().splitlines()]
    assert lines
    assert [(name, line) for name, line in lines if PAST_IT.search(BY_A_SCREEN.sub("", line))] == []
