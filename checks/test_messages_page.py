"""docs/messages.md is what the definitions say."""

import importlib.machinery
import importlib.util
import sys

from checks.tree import ROOT
from communicator.definitions import load_catalogue

PAGE = (ROOT / "docs/messages.md").read_text()
CATALOGUE, _ = load_catalogue([])


def load_tool():
    sys.path.insert(0, str(ROOT / "tools"))
    loader = importlib.machinery.SourceFileLoader("messages_page", str(ROOT / "tools/messages-page"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("messages_page", loader))
    loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    assert load_tool().render(CATALOGUE) == PAGE, "run: tools/messages-page > docs/messages.md"


def test_each_command_stands_on_the_page_once():
    assert [command for command in CATALOGUE.definitions if PAGE.count(f"\n### {command}\n") != 1] == []


def test_each_chapter_has_something_in_it():
    assert {definition.subject for definition in CATALOGUE.definitions.values()} == set(load_tool().SUBJECTS)
