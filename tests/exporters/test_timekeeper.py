"""CLOCK_CURRENT_REPORT as metrics: the four states, and absence of what is not known."""

import json

import pytest

from exporters.metric import MalformedReportError
from exporters.timekeeper import STATES, TIMEKEEPER

CLAIM = {
    "state": "synchronized",
    "reasons": ["chronyd last updated the clock 12 s ago"],
    "daemon": "chronyd",
    "upstreams": ["192.0.2.1", "PHC0"],
    "offset_seconds": -0.000012,
    "bound_seconds": 0.0021,
    "stratum": 3,
    "leap": "normal",
    "smear": None,
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
}
LOCAL = {"server": "alpha", "claim": CLAIM, "kernel": KERNEL, "sources": {"selected": 1, "unusable": 1}, "pairs": []}
REPORT = {"local": LOCAL, "solved": False, "age_seconds": 2.0}
UNKNOWN = {"local": {"claim": {"state": "unknown", "reasons": []}, "kernel": None, "sources": {}}, "solved": False}


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in TIMEKEEPER.families(json.dumps(report))
        for sample in family.samples
    }


def test_every_metric_of_the_table_has_a_value():
    families = {family.name for family in TIMEKEEPER.families(json.dumps(REPORT))}
    assert families == {row.metric.name for row in TIMEKEEPER.rows}


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
        (("timekeeper_ntp_sources", "unusable"), 1),
        (("timekeeper_ntp_source_info", "chronyd", "PHC0"), 1),
        (("timekeeper_kernel_maxerror_seconds",), 0.5),
        (("timekeeper_kernel_unsync",), 0),
        (("timekeeper_kernel_tai_offset_seconds",), 37),
        (("timekeeper_kernel_frequency_ppm",), -11.5),
        (("timekeeper_report_age_seconds",), 2.0),
    ],
)
def test_a_figure_arrives_under_its_name(sample, value):
    assert samples(REPORT)[sample] == value


def test_what_is_not_known_is_absent_not_zero():
    assert {name for name, *_ in samples(UNKNOWN)} == {"timekeeper_ntp_synchronized", "timekeeper_ntp_state"}


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"local": {}},
        {"local": {"claim": {}}},
        {"local": {"claim": {"state": "splendid"}}},
        {"local": {"claim": CLAIM | {"offset_seconds": "small"}}},
        {"local": LOCAL | {"kernel": []}},
    ],
)
def test_a_report_of_another_shape_is_refused(report):
    with pytest.raises(MalformedReportError):
        TIMEKEEPER.families(json.dumps(report))
