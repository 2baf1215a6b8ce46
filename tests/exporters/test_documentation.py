"""docs/metrics.md says what the code exports."""

from pathlib import Path

from exporters.documentation import render
from exporters.metric import Definition, Kind, Row, Target, read_field
from exporters.targets import TARGETS

PAGE = Path(__file__).parent.parent.parent / "docs" / "metrics.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == render(TARGETS), "run: python -m exporters.documentation > docs/metrics.md"


def test_a_metric_is_one_line_of_a_table():
    metric = Definition("house_doors_total", Kind.COUNTER, "Doors, open | shut.", ("kind", "side"))
    target = Target("house", "keeper", "ASK", "TELL", "report", dict, (Row(metric, read_field("doors")),))
    assert "| `house_doors_total` | counter | `kind`, `side` | Doors, open \\| shut. |\n" in render([target])
