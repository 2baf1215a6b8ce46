"""What comparing shadows has come to as metrics, for each verdict."""

import msgspec
import pytest
from msgspec.structs import replace

from communicator.answers.shadows import Comparisons, Latency
from communicator.wording.shadows import WORST_FIRST
from exporters.collectors.shadows import SHADOWS, SHADOWS_ANSWER
from tests.bellwether import shadow_sample as sample

SHADOW = ("billing", "2.0", "gamma")


def samples(*comparisons):
    """By name and labels."""
    report = SHADOWS_ANSWER.read(msgspec.json.encode(Comparisons(comparisons=comparisons)).decode())
    return {
        (one.name.removeprefix("bellwether_shadow_"), *one.labels.values()): one.value
        for family in SHADOWS.translate(report).families
        for one in family.samples
    }


def test_conversations_are_counted_anew_in_each_life_of_the_canary():
    found = samples(replace(sample.COMPARISON, earlier=390))
    assert found["conversations_compared_total", *SHADOW] == 10


def test_all_of_a_comparison_is_exported():
    found = samples(sample.COMPARISON)
    assert {key: value for key, value in found.items() if key[0] != "verdict"} == {
        ("log10_evidence", *SHADOW): 3.6,
        ("log10_evidence_limit",): 2.0,
        ("differing_paths", *SHADOW): 1,
        ("conversations_compared_total", *SHADOW): 400,
        ("conversations_incomplete_total", *SHADOW, "queue"): 3,
        ("pairs", *SHADOW, "matching"): 812,
        ("pairs", *SHADOW, "differing"): 12,
        ("replies_unpaired_total", *SHADOW, "primary"): 0,
        ("replies_unpaired_total", *SHADOW, "shadow"): 3,
        ("replies_late_total", *SHADOW): 0,
        ("reply_median_seconds", *SHADOW, "primary"): 0.010,
        ("reply_p99_seconds", *SHADOW, "primary"): 0.05,
        ("reply_median_seconds", *SHADOW, "shadow"): 0.012,
        ("reply_p99_seconds", *SHADOW, "shadow"): 0.08,
    }


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (sample.COMPARISON, "differs"),
        (sample.SUSPECT, "may differ"),
        (sample.UNPAIRED, "inconclusive"),
        (sample.NOTHING, "nothing compared"),
        (sample.ALIKE, "alike"),
    ],
)
def test_each_verdict_is_told(one, verdict):
    found = samples(one)
    assert {name: found["verdict", *SHADOW, name] for name in WORST_FIRST} == {
        name: float(name == verdict) for name in WORST_FIRST
    }


def test_what_was_not_measured_is_absent():
    found = samples(replace(sample.COMPARISON, latency=Latency(primary_p50_s=0.01)))
    assert [key for key in found if key[0].startswith("reply_")] == [("reply_median_seconds", *SHADOW, "primary")]


def test_without_a_comparison_there_is_nothing():
    assert samples() == {}
