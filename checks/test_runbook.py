"""The runbook: a section for each alert, no other, and each says what it means, how to see it, what to do, and what if not."""

import re
import subprocess
import sys
from pathlib import Path

import typer

from bellwether.main import application
from checks.tree import ROOT
from communicator.flags.declarations import PAGE_URI
from tests.deploy.rule_files import alerts

RUNBOOK = ROOT / "docs/runbook.md"
PARTS = ("**Means**:", "**Verify**:", "**Do**:", "**If it was false**:")
NAMES = sorted({name for name, _ in alerts()})
BASE = PAGE_URI.removesuffix("flags.md") + "runbook.md"
"""Beside the page of flags, where an operator without any other network finds it."""


def sections():
    _, *found = re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)
    return {section.split("\n", 1)[0]: section for section in found}


def test_each_alert_has_a_section_and_no_section_is_without_its_alert():
    assert sorted(sections()) == NAMES


def test_each_alert_leads_to_its_section():
    for key, rule in alerts().items():
        assert rule["annotations"]["runbook_url"] == f"{BASE}#{rule['alert'].lower()}", key


def test_each_section_has_all_parts_in_order():
    for name, section in sections().items():
        places = [section.find(f"\n{part} ") for part in PARTS]
        assert -1 not in places, name
        assert places == sorted(places), name


def test_each_link_leads_somewhere():
    for page, anchor in re.findall(r"\]\(([\w.-]*)(?:#([\w-]+))?\)", RUNBOOK.read_text()):
        text = (RUNBOOK.parent / page).read_text() if page else RUNBOOK.read_text()
        anchors = {
            re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))
            for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        assert not anchor or anchor in anchors, f"{page}#{anchor}"


_COMMAND = re.compile(
    r"(?:`|^)(?:time )?((?:bellwether|communicatord|timekeeperd|canaryd|bellwether-exporter) [^`#|…\n]*)", re.MULTILINE
)
OURS = typer.main.get_command(application)


def commands():
    """Each command line of ours that the page names."""
    return sorted({line.strip() for line in _COMMAND.findall(RUNBOOK.read_text())})


def test_each_command_is_there_and_takes_what_it_is_given():
    for line in commands():
        program, *words = line.split()
        if program != "bellwether":
            continue
        command = OURS
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        left_out = ["because"] if line.endswith("--reason") else []
        command.make_context(line, words + left_out)  # fails where the command could not be begun, and names the line


def test_each_daemon_knows_the_option():
    asked = [line.split() for line in commands() if not line.startswith("bellwether ")]
    told = {
        program: subprocess.run(
            [Path(sys.executable).parent / program, "--help"], capture_output=True, text=True, check=True, timeout=50
        ).stdout
        for program in {program for program, *_ in asked}
    }
    assert [line for line in asked if not all(option in told[line[0]] for option in line[1:])] == []


def test_it_names_commands():
    """Or the test above would find nothing to look at."""
    assert len(commands()) > 30
