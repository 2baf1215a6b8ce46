"""Rules and alerts: Prometheus takes them, they fire and stay silent as told, and name only what is exported."""

import re
import shutil
import subprocess

import pytest

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

SEVERITIES = {"critical", "warning", "none"}
AREAS = {
    "Bellwether": {"watchdog", "hosts"},
    "Canary": {"canary"},
    "Communicator": {"hosts"},
    "Host": {"hosts"},
    "Sitter": {"flags"},
    "Timekeeper": {"clock"},
}
"""By the first word of an alert's name what it may be about."""
ALL = list(alerts().items())
EACH_ALERT = pytest.mark.parametrize("rule", [rule for _, rule in ALL], ids=["-".join(key) for key, _ in ALL])


def succeeds(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def promtool(require_program):
    return require_program("promtool")


@pytest.mark.parametrize("path", [RULES, ALERTS], ids=["rules", "alerts"])
def test_promtool_finds_no_fault_in(path, promtool):
    succeeds([promtool, "check", "rules", "--lint-fatal", path])


def test_the_sample_configuration_loads_the_rules(promtool, tmp_path):
    shutil.copy(PROMETHEUS / "prometheus.yml", tmp_path)
    (tmp_path / "bellwether").mkdir()
    for path in (RULES, ALERTS):
        shutil.copy(path, tmp_path / "bellwether")
    succeeds([promtool, "check", "config", "--lint-fatal", tmp_path / "prometheus.yml"])


def test_the_sample_configuration_names_the_job_that_the_alerts_ask_for():
    [job] = load(PROMETHEUS / "prometheus.yml")["scrape_configs"]
    asked = set(re.findall(r'job="([^"]*)"', ALERTS.read_text() + RULES.read_text()))
    assert asked == {job["job_name"]}


@pytest.mark.timeout(300)  # tens of thousands of evaluations
@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_fire_and_stay_silent(path, promtool):
    succeeds([promtool, "test", "rules", path])


HASTY = [
    (r"\n +for: \w+", ""),  # an alert fires at once
    (r"(_over_time\([\w:]+(?:\{[^}]*\})?)\[\d+m\]", r"\1[29s]"),  # one sample is enough
    (r"\n +and on \(cluster, instance\) \w+_up offset \w+ == 1", ""),  # whatever is seen first has just happened
    (r"(:increase10m|changes\(.*\)\)) > \d+", r"\1 > 2"),
]
"""What keeps an alert silent, taken out."""
NOT_BY_PATIENCE = {"CanaryEventsLost"}
"""Alerts about counters: what they stay silent at is no change at all."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_stay_silent_only_because_they_are_patient(path, promtool, tmp_path):
    """Without windows, waits and limits each case of silence fails: it had something to be silent at."""
    for shipped in (RULES, ALERTS):
        text = shipped.read_text()
        for pattern, replacement in HASTY:
            text = re.sub(pattern, replacement, text)
        (tmp_path / shipped.name).write_text(text)
    (tmp_path / "tests").mkdir()
    shutil.copy(path, tmp_path / "tests")
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "tests" / path.name],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    failed = set(re.findall(r"name: (\w+) is silent", done.stdout + done.stderr))
    silent = set(re.findall(r"name: (\w+) is silent", path.read_text()))
    assert silent - failed - NOT_BY_PATIENCE == set()


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


@pytest.mark.parametrize("key", [key for key, _ in ALL], ids=["-".join(key) for key, _ in ALL])
def test_each_alert_fires_in_a_case(key):
    assert key in {fired for fired, _ in firing()}


@pytest.mark.parametrize("name", sorted({name for name, _ in alerts()} - {"BellwetherWatchdog"}))
def test_each_alert_stays_silent_in_a_case_that_has_its_metrics(name):
    """A case without the metrics would be silent whatever the expression."""
    fires = {case["name"] for case, check in cases() if check["alertname"] == name and check["exp_alerts"]}
    silent = [case for case, check in cases() if check["alertname"] == name and case["name"] not in fires]
    needed = exported_metrics(next(rule for key, rule in ALL if key[0] == name)["expr"])
    assert any(needed <= input_metrics(case) for case in silent), f"none of {len(silent)} cases has all of {needed}"


@pytest.mark.parametrize(
    ("key", "expected"), firing(), ids=[f"{n}-{'-'.join(key)}" for n, (key, _) in enumerate(firing())]
)
def test_what_is_told_is_a_sentence(key, expected):
    summary = expected["exp_annotations"]["summary"]
    assert re.fullmatch(r"\S.*\S\.", summary), f"{key} says {summary!r}"
    assert not re.search(r"  |<error|no value|\{\{| [,.;]", summary), f"{key} says {summary!r}"


@EACH_ALERT
def test_each_alert_says_what_it_is_about(rule):
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in SEVERITIES
    [prefix] = [word for word in AREAS if rule["alert"].startswith(word)]
    assert rule["labels"]["area"] in AREAS[prefix]


@EACH_ALERT
def test_an_alert_about_one_host_has_its_name_in_the_label_host(rule):
    """Alertmanager holds back what has the same."""
    kept = grouped_by(rule["expr"]) | {
        label for name, _ in selectors(rule["expr"]) if name in recorded() for label in labels_of(name)
    }
    about_one = {"host", "instance", "peer"} & kept
    assert bool(about_one) == ("host" in rule["labels"] or "host" in about_one)


def named():
    every = [("-".join(key), rule) for key, rule in ALL] + [(rule["record"], rule) for rule in rules(RULES)]
    return [(name, expression) for name, rule in every for expression in expressions(rule)]


@pytest.mark.parametrize(("name", "expression"), named(), ids=[f"{n}-{name}" for n, (name, _) in enumerate(named())])
def test_each_metric_and_label_is_one_that_is_exported(name, expression):
    known = set()
    for metric, labels in selectors(expression):
        has = labels_of(metric)
        assert has is not None, f"{name}: there is no metric {metric}"
        assert labels <= has, f"{name}: {metric} has no label {labels - has}"
        known |= has
    assert grouped_by(expression) <= known


DERIVED = {"canary_kept_out", "canary_kept_out_alone", "communicator_cache_used", "timekeeper_host_wrong"}
"""Recorded metrics whose name is not the beginning of an exported one's."""


@pytest.mark.parametrize("rule", rules(RULES), ids=[rule["record"] for rule in rules(RULES)])
def test_a_recorded_name_says_level_metric_and_operation(rule):
    level, metric, _ = rule["record"].split(":")
    assert sorted(level.split("_")) == sorted(labels_of(rule["record"]) - {"cluster"} or {"cluster"})
    assert metric in DERIVED or any(name.startswith(metric) for name in exported_metrics(rule["expr"]))


def test_some_metrics_are_named():
    """Or the tests above would find nothing to look at."""
    assert len({metric for _, expression in named() for metric in exported_metrics(expression)}) > 30
