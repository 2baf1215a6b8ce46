"""Rules and alerts name only what is exported, each alert has its cases, and says what it is about."""

import re

from tests.deploy.rule_files import (
    ALERTS,
    PROMETHEUS,
    RULES,
    TESTS,
    alerts,
    exported_metrics,
    expressions,
    grouped_by,
    labels_of,
    load,
    recorded,
    rules,
    selectors,
)

SEVERITIES = {"critical", "warning", "info", "none"}
AREAS = {
    "Bellwether": {"watchdog", "hosts", "canary", "features"},
    "Canary": {"canary"},
    "Communicator": {"hosts"},
    "Host": {"hosts"},
    "Sitter": {"flags"},
    "Timekeeper": {"clock"},
}
"""By the first word of an alert's name what it may be about."""
DERIVED = {"canary_kept_out", "canary_kept_out_alone", "communicator_cache_used", "timekeeper_host_suspect"}
"""Recorded metrics whose name is not the beginning of an exported one's."""


def test_the_sample_configuration_names_the_job_that_the_alerts_ask_for():
    [job] = load(PROMETHEUS / "prometheus.yml")["scrape_configs"]
    asked = set(re.findall(r'job="([^"]*)"', ALERTS.read_text() + RULES.read_text()))
    assert asked == {job["job_name"]}


def cases():
    return [(case, check) for path in TESTS for case in load(path)["tests"] for check in case["alert_rule_test"]]


def firing():
    """The alerts that some case expects, with what is expected."""
    return [
        ((check["alertname"], expected["exp_labels"]["severity"]), expected)
        for _, check in cases()
        for expected in check["exp_alerts"]
    ]


def input_metrics(case):
    return {re.match(r"[\w:]+", series["series"]).group() for series in case["input_series"]}


def test_each_alert_fires_in_a_case():
    assert set(alerts()) - {fired for fired, _ in firing()} == set()


def is_silent_with_its_metrics(name):
    """Whether an alert stays silent in a case that has its metrics: without them it would be, whatever its expression."""
    of_it = [(case, check) for case, check in cases() if check["alertname"] == name]
    fires = {case["name"] for case, check in of_it if check["exp_alerts"]}
    needed = exported_metrics(next(rule for key, rule in alerts().items() if key[0] == name)["expr"])
    return any(needed <= input_metrics(case) for case, _ in of_it if case["name"] not in fires)


def test_each_alert_stays_silent_in_a_case_that_has_its_metrics():
    names = {name for name, _ in alerts()} - {"BellwetherWatchdog"}
    assert {name for name in names if not is_silent_with_its_metrics(name)} == set()


def test_what_is_told_is_a_sentence():
    for key, expected in firing():
        summary = expected["exp_annotations"]["summary"]
        assert re.fullmatch(r"\S.*\S\.", summary), f"{key} says {summary!r}"
        assert not re.search(r"  |<error|no value|\{\{| [,.;]", summary), f"{key} says {summary!r}"


def test_each_alert_says_what_it_is_about():
    for key, rule in alerts().items():
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, key
        assert rule["labels"]["severity"] in SEVERITIES, key
        [prefix] = [word for word in AREAS if rule["alert"].startswith(word)]
        assert rule["labels"]["area"] in AREAS[prefix], key


def test_an_alert_about_one_host_has_its_name_in_the_label_host():
    """Alertmanager holds back what has the same."""
    for key, rule in alerts().items():
        kept = grouped_by(rule["expr"]) | {
            label for name, _ in selectors(rule["expr"]) if name in recorded() for label in labels_of(name)
        }
        about_one = {"host", "instance", "peer"} & kept
        assert bool(about_one) == ("host" in rule["labels"] or "host" in about_one), key


def named():
    every = [("-".join(key), rule) for key, rule in alerts().items()] + [
        (rule["record"], rule) for rule in rules(RULES)
    ]
    return [(name, expression) for name, rule in every for expression in expressions(rule)]


def test_each_metric_and_label_is_one_that_is_exported():
    assert len({metric for _, expression in named() for metric in exported_metrics(expression)}) > 30
    for name, expression in named():
        known = set()
        for metric, labels in selectors(expression):
            has = labels_of(metric)
            assert has is not None, f"{name}: there is no metric {metric}"
            assert labels <= has, f"{name}: {metric} has no label {labels - has}"
            known |= has
        assert grouped_by(expression) <= known, name


def test_a_recorded_name_says_level_metric_and_operation():
    for rule in rules(RULES):
        level, metric, _ = rule["record"].split(":")
        assert sorted(level.split("_")) == sorted(labels_of(rule["record"]) - {"cluster"} or {"cluster"}), rule[
            "record"
        ]
        exported = any(name.startswith(metric) for name in exported_metrics(rule["expr"]))
        assert metric in DERIVED or exported, rule["record"]
