"""CLOCK_CURRENT_REPORT as metrics of this host and its peers: the four states, and absence of what is not known."""

import json

import pytest

from communicator.errors import MalformedAnswerError
from exporters.collectors.timekeeper import CLOCKS_ANSWER, STATES, timekeeper_target

TARGET = timekeeper_target(cluster=False)

CLAIM = {
    "state": "synchronized",
    "reasons": ["chronyd last updated the clock 12 s ago"],
    "daemon": "chronyd",
    "upstreams": ["192.0.2.1", "PHC0"],
    "offset_seconds": -0.000012,
    "bound_seconds": 0.0021,
    "stratum": 3,
    "leap": "normal",
    "age_seconds": 12.5,
    "root_delay_seconds": 0.004,
    "root_dispersion_seconds": 0.0001,
}
KERNEL = {
    "maxerror_seconds": 0.5,
    "esterror_seconds": 0.1,
    "unsync": False,
    "tai_offset_seconds": 37,
    "frequency_ppm": -11.5,
    "offset_seconds": -0.25,
    "tick_seconds": 0.01,
    "status": 0x2001,
}
PROBED = {
    "peer": "beta",
    "offset_seconds": -0.000014,
    "bound_seconds": 0.00005,
    "rtt_seconds": 0.0001,
    "age_seconds": 2.5,
    "via": "probe",
    "drift_ppm": 0.7,
}
ROUTED = PROBED | {"peer": "gamma", "offset_seconds": 0.0042, "via": "router", "drift_ppm": None}
LOCAL = {
    "server": "alpha",
    "claim": CLAIM,
    "kernel": KERNEL,
    "sources": {"selected": 1, "unusable": 1},
    "source_list": [
        {"name": "192.0.2.1", "state": "selected", "reachable": True, "authentication": "nts"},
        {"name": "PHC0", "state": "combined", "reachable": True, "authentication": None},
        {"name": "192.0.2.3", "state": "falseticker", "reachable": True, "authentication": "none"},
    ],
    "pairs": [PROBED, ROUTED],
    "steps_total": 3,
    "steps": {"forward": 2, "backward": 1},
    "last_step_seconds": -3600.5,
    "probes": {
        "asked": {"beta": {"ok": 8, "lost": 1}, "": {"unasked": 2}},
        "answered": {"ok": 7, "key": 3},
        "refused": {"old epoch": 4},
    },
}
REPORT = {"local": LOCAL, "solved": False, "age_seconds": 2.0}
UNKNOWN = {"local": {"claim": {"state": "unknown", "reasons": []}, "kernel": None, "sources": {}}, "solved": False}


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in TARGET.translate(CLOCKS_ANSWER.read(json.dumps(report))).families
        for sample in family.samples
    }


def test_what_an_agent_tells_is_of_its_own_host_and_its_peers():
    others = ("timekeeper_host_", "timekeeper_cluster_", "timekeeper_reference_", "timekeeper_threshold_")
    own = {row.metric.name for row in TARGET.rows if not row.metric.name.startswith(others)}
    assert {name for name, *_ in samples(REPORT)} == own


@pytest.mark.parametrize("state", STATES)
def test_a_clock_is_in_one_of_four_states(state):
    found = samples({"local": {"claim": CLAIM | {"state": state}}})
    assert {name: found["timekeeper_ntp_state", name] for name in STATES} == {
        name: float(name == state) for name in STATES
    }
    assert found[("timekeeper_ntp_synchronized",)] == float(state == "synchronized")


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (("timekeeper_ntp_offset_seconds",), -0.000012),
        (("timekeeper_ntp_error_bound_seconds",), 0.0021),
        (("timekeeper_ntp_root_delay_seconds",), 0.004),
        (("timekeeper_ntp_root_dispersion_seconds",), 0.0001),
        (("timekeeper_ntp_update_age_seconds",), 12.5),
        (("timekeeper_ntp_stratum",), 3),
        (("timekeeper_peer_probes_total", "beta", "lost"), 1),
        (("timekeeper_peer_probes_total", "", "unasked"), 2),
        (("timekeeper_probes_answered_total", "key"), 3),
        (("timekeeper_exchanges_refused_total", "old epoch"), 4),
        (("timekeeper_ntp_sources", "unusable"), 1),
        (("timekeeper_ntp_source_info", "chronyd", "PHC0"), 1),
        (("timekeeper_ntp_usable_sources",), 1),
        (("timekeeper_ntp_source_state", "192.0.2.3", "falseticker"), 1),
        (("timekeeper_ntp_source_state", "192.0.2.3", "selected"), 0),
        (("timekeeper_ntp_source_authentication", "192.0.2.1", "nts"), 1),
        (("timekeeper_ntp_source_authentication", "192.0.2.1", "none"), 0),
        (("timekeeper_ntp_source_authentication", "192.0.2.3", "none"), 1),
        (("timekeeper_ntp_leap", "normal"), 1),
        (("timekeeper_ntp_leap", "insert"), 0),
        (("timekeeper_kernel_esterror_seconds",), 0.1),
        (("timekeeper_kernel_offset_seconds",), -0.25),
        (("timekeeper_kernel_tick_seconds",), 0.01),
        (("timekeeper_kernel_status",), 0x2001),
        (("timekeeper_kernel_maxerror_seconds",), 0.5),
        (("timekeeper_kernel_unsync",), 0),
        (("timekeeper_kernel_tai_offset_seconds",), 37),
        (("timekeeper_kernel_frequency_ppm",), -11.5),
        (("timekeeper_report_age_seconds",), 2.0),
        (("timekeeper_clock_steps_total", "forward"), 2),
        (("timekeeper_clock_steps_total", "backward"), 1),
        (("timekeeper_clock_step_seconds_last",), -3600.5),
        (("timekeeper_peer_up", "beta"), 1),
        (("timekeeper_peer_probed", "beta"), 1),
        (("timekeeper_peer_probed", "gamma"), 0),
        (("timekeeper_peer_offset_seconds", "beta"), -0.000014),
        (("timekeeper_peer_offset_seconds", "gamma"), 0.0042),
        (("timekeeper_peer_error_bound_seconds", "beta"), 0.00005),
        (("timekeeper_peer_rtt_seconds", "beta"), 0.0001),
        (("timekeeper_peer_sample_age_seconds", "beta"), 2.5),
        (("timekeeper_peer_drift_ppm", "beta"), 0.7),
    ],
)
def test_a_figure_arrives_under_its_name(sample, value):
    assert samples(REPORT)[sample] == value


def test_a_source_whose_authentication_is_not_told_has_no_figure_of_it():
    assert not any(key[:2] == ("timekeeper_ntp_source_authentication", "PHC0") for key in samples(REPORT))


def cross(source, target, offset_s):
    return {"from": source, "to": target, "offset_seconds": offset_s}


def test_a_peer_that_does_not_answer_is_down_and_has_no_figures():
    pairs = [cross("alpha", "beta", -0.1), cross("alpha", "omega", None), cross("beta", "delta", None)]
    found = samples(REPORT | {"solved": True, "pairs": pairs})
    assert {key[1]: value for key, value in found.items() if key[0] == "timekeeper_peer_up"} == {
        "beta": 1,
        "gamma": 1,
        "omega": 0,
    }
    assert {key[0] for key in found if "omega" in key} == {"timekeeper_peer_up"}


def test_a_drift_that_is_not_known_is_absent():
    without = samples(REPORT | {"local": LOCAL | {"pairs": [PROBED | {"drift_ppm": None}]}})
    ((name, peer),) = {key for key in samples(REPORT | {"local": LOCAL | {"pairs": [PROBED]}}) if key not in without}
    assert ("drift" in name, peer) == (True, "beta")


def test_what_is_not_known_is_absent_not_zero():
    assert {name for name, *_ in samples(UNKNOWN)} == {"timekeeper_ntp_synchronized", "timekeeper_ntp_state"}


@pytest.mark.parametrize("local", [{}, {"claim": {}}, {"claim": {"state": "unknown"}}])
def test_a_clock_of_which_nothing_is_told_is_not_known(local):
    found = samples({"local": local})
    assert found["timekeeper_ntp_state", "unknown"] == 1
    assert found["timekeeper_ntp_synchronized",] == 0


def test_a_state_that_is_not_known_here_is_none_of_those_that_are():
    found = samples({"local": {"claim": {"state": "splendid"}}})
    assert [value for (name, *_), value in found.items() if name == "timekeeper_ntp_state"] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "report",
    [
        {"local": {"claim": CLAIM | {"offset_seconds": "small"}}},
        {"local": LOCAL | {"kernel": []}},
        {"local": LOCAL | {"pairs": [{"offset_seconds": 1}]}},
        {"local": LOCAL | {"steps": {"forward": "two"}}},
        REPORT | {"hosts": [{"offset_seconds": 1}]},
        REPORT | {"pairs": [{"from": "alpha"}]},
    ],
)
def test_a_report_of_another_shape_is_refused(report):
    with pytest.raises(MalformedAnswerError):
        CLOCKS_ANSWER.read(json.dumps(report))
