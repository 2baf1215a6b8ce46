"""What a solver concluded as metrics: all hosts where they are wanted, one elsewhere, and the cluster as a whole."""

import json

import pytest

from communicator.errors import MalformedAnswerError
from exporters.collectors.timekeeper import CLOCKS_ANSWER, timekeeper_target
from exporters.collectors.timekeeper_cluster import CLUSTER_ROWS, FAULTS, SERVER_STATES, VERDICTS, all_hosts, host_rows
from timekeeper.solution import Fault, Verdict

CLAIM = {"state": "synchronized", "reasons": []}
ALPHA = {
    "host": "alpha",
    "offset_seconds": 0.000012,
    "bound_seconds": 0.000056,
    "verdict": "ok",
    "critical": False,
    "compared_with": "majority",
    "drift_ppm": 0.5,
    "seconds_to_threshold": 86400,
    "age_seconds": 1.5,
    "claim": CLAIM,
    "claim_holds": True,
    "true_offset_seconds": -0.001,
    "true_bound_seconds": 0.002,
    "reasons": [],
}
DELTA = ALPHA | {"host": "delta", "offset_seconds": -0.0601, "verdict": "wrong", "critical": True, "claim_holds": False}
DELTA |= {"faults": ["wrong", "false_claim"]}
OMEGA = {"host": "omega", "verdict": "unknown", "critical": False} | dict.fromkeys(
    [
        *("offset_seconds", "bound_seconds", "drift_ppm", "seconds_to_threshold", "age_seconds"),
        *("claim", "claim_holds", "true_offset_seconds", "true_bound_seconds"),
    ]
)
REFERENCES = {
    "offset_seconds": -0.002,
    "bound_seconds": 0.001,
    "agreeing": ["192.0.2.1:123", "192.0.2.2:123"],
    "falsetickers": ["192.0.2.3:123"],
    "complaints": {"192.0.2.2:123": "did not answer in 5 s", "192.0.2.4:123": "leap: unsynchronized"},
}
REPORT = {
    "local": {"server": "alpha", "claim": CLAIM, "pairs": []},
    "solved": True,
    "age_seconds": 2.0,
    "hosts": [ALPHA, DELTA, OMEGA],
    "pairs": [],
    "has_majority": True,
    "agreeing": 2,
    "voters": 3,
    "sources_independent": 1,
    "reference": "alpha",
    "spread_seconds": 0.0602,
    "residual_seconds": 0.00001,
    "cluster_off": False,
    "contradictions": [{"hosts": ["alpha", "delta", "omega"], "excess_seconds": 0.001}],
    "camps": [{"hosts": ["alpha"]}, {"hosts": ["delta"]}],
    "thresholds": {"warn_seconds": 0.005, "critical_seconds": 0.05},
    "references_by_host": {"alpha": REFERENCES, "delta": {}},
    "reasons": [],
}


def samples(report=REPORT, *, cluster=True):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in timekeeper_target(cluster=cluster).translate(CLOCKS_ANSWER.read(json.dumps(report))).families
        for sample in family.samples
    }


def of(prefix, found):
    return {key: value for key, value in found.items() if key[0].startswith(prefix)}


def test_every_metric_of_the_tables_has_a_value():
    names = {row.metric.name for row in (*host_rows(all_hosts), *CLUSTER_ROWS)}
    assert names <= {name for name, *_ in samples()}


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (("timekeeper_host_offset_seconds", "delta"), -0.0601),
        (("timekeeper_host_offset_bound_seconds", "alpha"), 0.000056),
        (("timekeeper_host_critical", "alpha"), 0),
        (("timekeeper_host_critical", "delta"), 1),
        (("timekeeper_host_claim_holds", "alpha"), 1),
        (("timekeeper_host_claim_holds", "delta"), 0),
        (("timekeeper_host_drift_ppm", "alpha"), 0.5),
        (("timekeeper_host_seconds_to_threshold", "alpha"), 86400),
        (("timekeeper_host_sample_age_seconds", "alpha"), 1.5),
        (("timekeeper_host_true_offset_seconds", "alpha"), -0.001),
        (("timekeeper_host_true_offset_bound_seconds", "alpha"), 0.002),
        (("timekeeper_cluster_hosts",), 3),
        (("timekeeper_cluster_agreeing_hosts",), 2),
        (("timekeeper_cluster_voters",), 3),
        (("timekeeper_cluster_independent_sources",), 1),
        (("timekeeper_cluster_has_majority",), 1),
        (("timekeeper_cluster_spread_seconds",), 0.0602),
        (("timekeeper_cluster_loop_residual_seconds",), 0.00001),
        (("timekeeper_cluster_contradictions",), 1),
        (("timekeeper_cluster_camps",), 2),
        (("timekeeper_cluster_off",), 0),
        (("timekeeper_threshold_seconds", "warn"), 0.005),
        (("timekeeper_threshold_seconds", "critical"), 0.05),
        (("timekeeper_reference_error_bound_seconds",), 0.001),
    ],
)
def test_a_figure_arrives_under_its_name(sample, value):
    assert samples()[sample] == pytest.approx(value)


def test_a_clock_behind_true_time_by_the_references_has_a_negative_offset():
    behind = REPORT | {"references_by_host": {"alpha": REFERENCES | {"offset_seconds": 0.002}}}
    assert samples()[("timekeeper_reference_offset_seconds",)] == pytest.approx(0.002)
    assert samples(behind)[("timekeeper_reference_offset_seconds",)] == pytest.approx(-0.002)


def test_the_verdicts_are_those_of_the_timekeeper():
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}


@pytest.mark.parametrize("verdict", [*VERDICTS, "splendid"])
def test_a_verdict_is_one_of_those_we_know_or_none_of_them(verdict):
    found = of("timekeeper_host_verdict", samples(REPORT | {"hosts": [ALPHA | {"verdict": verdict}]}))
    assert found == {("timekeeper_host_verdict", "alpha", name): float(name == verdict) for name in VERDICTS}


def test_the_faults_are_those_of_the_timekeeper():
    assert tuple(fault.value for fault in Fault) == FAULTS


def test_each_fault_that_has_lasted_is_one():
    found = of("timekeeper_host_fault", samples())
    assert {key[1:] for key, value in found.items() if value} == {("delta", "wrong"), ("delta", "false_claim")}
    assert len(found) == 3 * len(FAULTS)


def test_what_is_not_known_of_a_host_is_absent():
    assert {name for name, *labels in samples() if "omega" in labels} == {
        "timekeeper_host_verdict",
        "timekeeper_host_critical",
        "timekeeper_host_fault",
    }


def test_other_hosts_are_shown_only_where_they_are_wanted():
    hosts = {labels[0] for _, *labels in of("timekeeper_host_", samples(cluster=False))}
    assert hosts == {"alpha"}
    assert of("timekeeper_host_", samples(cluster=False)).items() <= samples().items()
    assert of("timekeeper_cluster_", samples(cluster=False)) == of("timekeeper_cluster_", samples())


def test_a_host_that_is_gone_has_no_series():
    after = samples(REPORT | {"hosts": [ALPHA, OMEGA]})
    assert not [key for key in after if "delta" in key]


def test_a_host_that_is_named_twice_is_one_series():
    assert samples(REPORT | {"hosts": [ALPHA, ALPHA | {"verdict": "wrong"}]})


@pytest.mark.parametrize("cluster", [False, True])
def test_where_nothing_is_solved_there_is_no_cluster(cluster):
    agent = {"local": REPORT["local"], "solved": False, "age_seconds": 2.0}
    found = samples(agent, cluster=cluster)
    for prefix in ("host", "cluster", "threshold", "reference"):
        assert not of(f"timekeeper_{prefix}_", found)


@pytest.mark.parametrize(
    "key", ["has_majority", "agreeing", "spread_seconds", "residual_seconds", "cluster_off", "voters"]
)
def test_a_figure_of_the_cluster_that_is_not_known_is_absent(key):
    missing = samples().keys() - samples(REPORT | {key: None}).keys()
    assert len(missing) == 1
    assert next(iter(missing))[0].startswith("timekeeper_cluster_")


def test_how_each_external_server_stands():
    found = of("timekeeper_reference_server_state", samples())
    states = {server: state for (_, server, state), value in found.items() if value}
    assert states == {
        "192.0.2.1:123": "agreeing",
        "192.0.2.2:123": "agreeing",
        "192.0.2.3:123": "falseticker",
        "192.0.2.4:123": "silent",
    }
    assert len(found) == len(states) * len(SERVER_STATES)


@pytest.mark.parametrize("references", [{}, {"delta": REFERENCES}, {"alpha": {}}], ids=["nobody", "another", "nothing"])
def test_without_a_word_of_the_external_servers_there_is_none(references):
    assert not of("timekeeper_reference_", samples(REPORT | {"references_by_host": references}))


def test_limits_that_are_not_told_are_absent():
    assert not of("timekeeper_threshold_", samples(REPORT | {"thresholds": None}))


@pytest.mark.parametrize(
    "nonsense",
    [
        {"hosts": {"alpha": ALPHA}},
        {"hosts": [ALPHA | {"offset_seconds": "small"}]},
        {"hosts": [ALPHA | {"claim_holds": "mostly"}]},
        {"agreeing": [2]},
        {"contradictions": 3},
        {"thresholds": {}},
        {"references_by_host": []},
    ],
)
def test_a_report_of_another_shape_is_refused(nonsense):
    with pytest.raises(MalformedAnswerError):
        samples(REPORT | nonsense)
