"""CANARY_CURRENT_REPORT of feature flags as metrics."""

import json

import pytest

from communicator.errors import MalformedAnswerError
from exporters.collectors.features import FEATURES, FEATURES_ANSWER
from tests.exporters.golden.page import FOLDER

REPORT = json.loads((FOLDER / "features.json").read_text())


def samples(report):
    return {
        (sample.name.removeprefix("bellwether_feature_"), *sample.labels.values()): sample.value
        for family in FEATURES.translate(FEATURES_ANSWER.read(json.dumps(report))).families
        for sample in family.samples
    }


def test_a_whole_report_is_exported():
    assert samples(REPORT) == {
        ("flags", "release"): 1,
        ("flags", "kill-switch"): 1,
        ("flags_off",): 1,
        ("flags_stale",): 2,
        ("off", "recommendations"): 1,
        ("stale_seconds", "new-parser", "expired"): 5270400,
        ("stale_seconds", "new-parser", "one_sided"): 1296000,
        ("stale_seconds", "old-parser", "unknown"): 30,
        ("evaluations_total", "recommendations", "on", "STATIC"): 4000,
        ("evaluations_total", "recommendations", "off", "DISABLED"): 20,
        ("files_differing",): 1,
        ("flags_untold",): 1,
    }


def test_a_cluster_without_flags_has_none_off():
    assert samples({}) == {("flags_off",): 0, ("flags_stale",): 0, ("files_differing",): 0, ("flags_untold",): 0}


def test_a_flag_that_is_off_twice_is_off_once():
    [row, *_] = REPORT["features"]
    off = {**row, "offs": [row["offs"][0], {**row["offs"][0], "order": "a2"}]}
    assert samples({"features": [off]})["off", "recommendations"] == 1


def test_more_flags_than_a_metric_may_have_are_left_out_and_counted():
    rows = [{"feature": f"f{number:05}", "offs": REPORT["features"][0]["offs"]} for number in range(1_500)]
    translation = FEATURES.translate(FEATURES_ANSWER.read(json.dumps({"features": rows})))
    assert translation.dropped == 1_500 - 1_024


@pytest.mark.parametrize("report", [{"features": 3}, {"features": [{}]}, {"off": "many"}])
def test_a_report_of_another_shape_is_refused(report):
    with pytest.raises(MalformedAnswerError):
        FEATURES_ANSWER.read(json.dumps(report))
