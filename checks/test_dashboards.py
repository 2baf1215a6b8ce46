"""The dashboards as files: made of their source, readable for any Grafana, and about metrics that there are."""

import itertools
import re
import subprocess
import sys
import tomllib

import pytest

from checks.tree import ROOT
from exporters.collectors.targets import TARGETS
from tests.prometheus.dashboards import FILES, SUBSTITUTES, panels, queries, read

GRAFANA = ROOT / "deploy/grafana"
DEFINED = {
    name: set(labels)
    for target in TARGETS
    for metric in target.definitions
    for name, labels in metric.sample_labels.items()
}
OF_PROMETHEUS = {"ALERTS": {"alertname", "alertstate"}}
OF_TARGETS = {"cluster", "instance"}
UNITS = {"none", "s", "ppm", "bytes", "Bps", "mps", "pps", "cps", "percentunit"}
"""Names of Grafana; a metric has base units."""
KINDS = {"stat", "timeseries", "state-timeline", "table"}
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SELECTOR = re.compile(r"([a-zA-Z_]\w*){([^}]*)}")
OURS = re.compile(r"\b(?:bellwether|communicator|timekeeper|canary|sitter|host|exporter)_\w+")

all_files = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_the_files_are_what_is_made_of_the_source(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools/grafana-dashboards", tmp_path], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in FILES}


def test_each_has_a_name_of_its_own():
    assert [read(path)["uid"] for path in FILES] == [f"bellwether-{path.stem}" for path in FILES]


@all_files
def test_it_depends_on_nothing_of_one_installation(path):
    dashboard = read(path)
    assert dashboard["id"] is None
    datasource, *variables = dashboard["templating"]["list"]
    shown = list(panels(dashboard))
    for of in (*variables, *shown, *(target for panel in shown for target in panel["targets"])):
        assert of["datasource"] == DATASOURCE
    assert (datasource["name"], datasource["type"]) == ("datasource", "datasource")


@all_files
def test_it_leads_to_the_others_and_is_alive(path):
    dashboard = read(path)
    [link] = dashboard["links"]
    assert link["type"] == "dashboards"
    assert link["tags"] == dashboard["tags"] == ["bellwether"]
    assert link["includeVars"]
    assert link["keepTime"]
    assert (dashboard["refresh"], dashboard["schemaVersion"]) == ("30s", 39)


@all_files
def test_each_panel_says_what_it_shows_and_in_which_unit(path):
    for panel in panels(read(path)):
        assert panel["type"] in KINDS, panel["title"]
        assert re.fullmatch(r"[A-Z0-9].*\.", panel["description"], re.DOTALL), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]


@all_files
def test_each_panel_has_a_number_of_its_own(path):
    dashboard = read(path)
    rows = [panel["id"] for panel in dashboard["panels"] if panel["type"] == "row"]
    numbers = rows + [panel["id"] for panel in panels(dashboard)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@all_files
def test_no_panel_lies_over_another(path):
    taken = {}
    for panel in panels(read(path)):
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= COLUMNS
        for cell in itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, (panel["title"], taken[cell])
            taken[cell] = panel["title"]


@all_files
def test_numbers_that_mean_something_have_words(path):
    for panel in panels(read(path)):
        if panel["type"] == "state-timeline":
            [mapping] = panel["fieldConfig"]["defaults"]["mappings"]
            assert all(word["text"] and word["color"] for word in mapping["options"].values())


def test_a_query_asks_for_metrics_and_labels_that_there_are():
    for query in queries():
        expression = query.target["expr"]
        found = SELECTOR.findall(expression)
        assert {name for name, _ in found} >= set(OURS.findall(expression)), f"{query.name}: a metric without braces"
        for name, matchers in found:
            labels = set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", matchers))
            assert labels <= (DEFINED | OF_PROMETHEUS)[name] | OF_TARGETS, (query.name, name, labels)
            assert 'cluster=~"$cluster"' in matchers, query.name


def test_a_query_uses_variables_that_there_are():
    for path in FILES:
        known = {f"${of['name']}" for of in read(path)["templating"]["list"]} | set(SUBSTITUTES)
        used = {
            word
            for query in queries()
            if query.dashboard == path.stem
            for word in re.findall(r"\$\w+", query.target["expr"])
        }
        assert used - known == set(), path.stem


@all_files
def test_a_variable_asks_for_a_label_that_there_is(path):
    for of in read(path)["templating"]["list"][1:]:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", of["definition"]).groups()
        assert label in DEFINED[metric] | OF_TARGETS


def test_each_source_has_its_file():
    sources = sorted((GRAFANA / "source").glob("*.toml"))
    assert [path.stem for path in sources] == [path.stem for path in FILES] == ["clocks", "cluster", "versions"]
    for path in sources:
        assert tomllib.loads(path.read_text())["title"].startswith("Bellwether: ")


def test_what_is_provisioned_is_where_it_is_said_to_be():
    provider = (GRAFANA / "provisioning/dashboards/bellwether.yaml").read_text()
    assert re.search(r"^apiVersion: 1$", provider, re.MULTILINE)
    assert re.search(r"^ +type: file$", provider, re.MULTILINE)
    assert re.search(r"^ +path: /\S+$", provider, re.MULTILINE)
    source = (GRAFANA / "provisioning/datasources/prometheus.yaml").read_text()
    assert re.search(r"^apiVersion: 1$", source, re.MULTILINE)
    scraped = re.search(r"scrape_interval: (\S+)", (ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert f"timeInterval: {scraped[1]}\n" in source, "or $__rate_interval is too short"
