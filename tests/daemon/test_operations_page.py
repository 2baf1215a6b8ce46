"""docs/operations.md tells an operator of events: each must be one that the source emits."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()
TABLE = PAGE.partition("| event | what to do |")[2]
EVENTS = sorted({event for row in TABLE.splitlines() for event in re.findall(r"`(\w+)`", row[1:].partition("|")[0])})
PACKAGES = ("communicator", "timekeeper", "canary", "exporters")
SOURCE = "\n".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_the_page_names_events():
    assert "slow_consumer_cut" in EVENTS


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_that_is_explained_exists(event):
    emitted = rf'(?:notice|_notice|Notice|_?warn|tell|log\.\w+)\(\s*(?:[^"()]*Level\.\w+,\s*)?"{event}"'
    assert re.search(emitted, SOURCE), f"nothing in {', '.join(PACKAGES)} emits {event}"
