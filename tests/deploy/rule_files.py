"""The rules, the alerts and promtool's tests of them as they are shipped, read, and what their expressions name."""

import re
from functools import cache
from pathlib import Path

import yaml

from exporters.collectors.targets import TARGETS

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
RULES = PROMETHEUS / "rules.yml"
ALERTS = PROMETHEUS / "alerts.yml"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))

TARGET_LABELS = {"cluster", "instance", "job"}
"""What Prometheus puts on every series, or an operator on every target."""
_DEFINED = {
    name: set(labels)
    for target in TARGETS
    for metric in target.definitions
    for name, labels in metric.sample_labels.items()
}
_WORDS = {"and", "or", "unless", "on", "by", "offset"}
_QUOTED = re.compile(r'"[^"]*"')
_GROUPING = re.compile(r"\b(?:by|on) \(([^)]*)\)")
_SELECTOR = re.compile(r"\b([a-zA-Z_][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?")
_QUERY = re.compile(r"printf `([^`]*)`")


@cache
def load(path):
    return yaml.safe_load(path.read_text())


@cache
def rules(path):
    return [rule for group in load(path)["groups"] for rule in group["rules"]]


def alert_key(rule):
    """An alert may be there once for each severity."""
    return rule["alert"], rule["labels"]["severity"]


@cache
def alerts():
    return {alert_key(rule): rule for rule in rules(ALERTS)}


@cache
def recorded():
    return {rule["record"]: rule["expr"] for rule in rules(RULES)}


def expressions(rule):
    """The expression, and those that its annotations ask."""
    annotations = "".join(rule.get("annotations", {}).values())
    return [rule["expr"], *_QUERY.findall(annotations)]


def grouped_by(expression):
    """The labels that an expression names to keep or to match."""
    return {label for labels in _GROUPING.findall(expression) for label in labels.replace(",", " ").split()}


def selectors(expression):
    """Each metric that an expression names, and the labels it is selected by."""
    text = re.sub(r"\[[^]]*\]|offset \w+", " ", _GROUPING.sub(" ", _QUOTED.sub('""', expression)))
    text = re.sub(r'""(?=,)', "", text)  # the name that count_values gives
    named = [(name, matchers) for name, matchers in _SELECTOR.findall(text) if name not in _WORDS]
    return [(name, set(re.findall(r"(\w+) *(?:=|!)", matchers))) for name, matchers in named]


def labels_of(metric):
    """The labels of a metric that is exported, of one that is recorded, or of ``up``; None where there is none of the name."""
    if metric == "up":
        return TARGET_LABELS
    if metric in recorded():
        return _labels_kept(recorded()[metric])
    return _DEFINED[metric] | TARGET_LABELS if metric in _DEFINED else None


def _labels_kept(expression):
    """Those it groups by, or, where it only selects of another metric, those of that one."""
    grouping = re.match(r"\w+ by \(([^)]*)\)", expression)
    if grouping is None:
        return labels_of(selectors(expression)[0][0])
    return set(grouping.group(1).replace(",", " ").split())


def exported_metrics(expression):
    """The metrics of the page that an expression comes down to, also by way of recorded ones."""
    names = {name for name, _ in selectors(expression)}
    return {
        metric for name in names for metric in (exported_metrics(recorded()[name]) if name in recorded() else {name})
    }
