"""docs/operations.md tells an operator of events: each must be one that the source emits."""

import re

from checks.tree import MODULES, ROOT, source

PAGE = (ROOT / "docs/operations.md").read_text()
TABLE = PAGE.partition("| event | what to do |")[2]
EVENTS = sorted({event for row in TABLE.splitlines() for event in re.findall(r"`(\w+)`", row[1:].partition("|")[0])})
SOURCE = "\n".join(source(module) for module in MODULES if module.parts[0] != "bellwether")
EMITTED = r'(?:notice|_notice|Notice|_?warn|tell|log\.\w+)\(\s*(?:[^"()]*Level\.\w+,\s*)?"(\w+)"'
"""What the source writes to a log."""


def test_the_page_names_events():
    assert "slow_consumer_cut" in EVENTS


def test_an_event_that_is_explained_is_emitted():
    assert set(EVENTS) - set(re.findall(EMITTED, SOURCE)) == set()
