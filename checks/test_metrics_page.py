"""docs/metrics.md says what the code exports, and the page holds to it."""

import re

from prometheus_client.parser import text_string_to_metric_families

from checks.tree import ROOT
from exporters.collectors.metric import Kind
from exporters.collectors.targets import TARGETS
from exporters.documentation import render

DOCUMENTED = ROOT / "docs/metrics.md"
GOLDEN = ROOT / "tests/exporters/golden/metrics.prom"
_ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<kind>\w+) \| (?P<labels>.*?) \| (?P<series>[\d,]+) \|")


def documented():
    """Name to type and labels of every row of docs/metrics.md."""
    rows = (_ROW.match(line) for line in DOCUMENTED.read_text().splitlines())
    return {row["name"]: (row["kind"], frozenset(re.findall(r"\w+", row["labels"]))) for row in rows if row}


def on_the_page():
    """Name to type and labels of every family of the golden page."""
    families = text_string_to_metric_families(GOLDEN.read_text())
    return {
        family.name if family.type == Kind.HISTOGRAM else sample.name: (family.type, frozenset(sample.labels) - {"le"})
        for family in families
        for sample in family.samples
    }


def test_the_page_is_up_to_date():
    assert DOCUMENTED.read_text() == render(TARGETS), "run: python -m exporters.documentation > docs/metrics.md"


def test_what_is_on_a_page_is_documented_with_its_type_and_labels():
    documentation = documented()
    for name, found in on_the_page().items():
        assert documentation[name] == found, name


def test_what_is_documented_is_on_a_page_of_full_reports():
    assert set(documented()) == set(on_the_page())


def test_each_collector_has_its_section():
    assert [table.name for table in TARGETS if f"\n## {table.name}\n\n" not in DOCUMENTED.read_text()] == []
