"""A page of metrics, made of small tables."""

from exporters.collectors.metric import Definition, Kind, Row, Table, asked_target, read_field
from exporters.documentation import render


def test_a_metric_is_one_line_of_a_table():
    metric = Definition("house_doors_total", Kind.COUNTER, "Doors, open | shut.", ("kind", "peer"))
    page = render([asked_target("home", "house", "keeper", (Row(metric, read_field("doors")),))])
    assert "## home\n" in page
    assert "| `house_up` | gauge |  | 1 | 1 when the keeper" in page
    assert "| `house_doors_total` | counter | `kind`, `peer` | 20,000 | Doors, open \\| shut. |\n" in page


def test_a_table_without_a_target_has_its_rows_only():
    metric = Definition("exporter_doors", Kind.GAUGE, "Doors.")
    assert "_up" not in render([Table("home", (Row(metric, read_field("doors")),))]).partition("## home")[2]
