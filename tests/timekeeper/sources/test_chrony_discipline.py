from dataclasses import replace

import pytest

from timekeeper.discipline import Authentication, Leap, Reference, Upstream, UpstreamState
from timekeeper.sources.chrony_codec import Activity, Source, SourceMode, SourceState, Tracking
from timekeeper.sources.chrony_discipline import describe_chrony

TRACKING = Tracking(
    reference_id=0xC0000201,
    address="192.0.2.1",
    stratum=3,
    leap=Leap.INSERT,
    reference_time_ns=1_795_525_866_000_000_000,
    correction_s=-0.020,
    last_offset_s=3e-8,
    rms_offset_s=1e-4,
    frequency_ppm=0.1,
    residual_frequency_ppm=0.0,
    skew_ppm=0.5,
    root_delay_s=0.004,
    root_dispersion_s=0.001,
    update_interval_s=64.0,
)
ACTIVITY = Activity(online=1, offline=0, burst_online=0, burst_offline=0, unresolved=2)


def source(name, state=SourceState.SELECTED, reachability=0o377):
    return Source(name, 6, 2, state, SourceMode.CLIENT, reachability, 12, 1e-4, 2e-3)


def test_what_is_passed_on():
    word = describe_chrony(TRACKING, [source("192.0.2.1"), source("")], ACTIVITY, {})
    assert word.daemon == "chronyd"
    assert word.leap is Leap.INSERT
    assert word.stratum == 3
    assert word.reference is Reference.OUTSIDE
    assert (word.root_delay_s, word.root_dispersion_s, word.update_interval_s) == (0.004, 0.001, 64.0)
    assert word.updated_wall_ns == TRACKING.reference_time_ns
    assert word.upstreams == (Upstream("192.0.2.1", UpstreamState.SELECTED, reachable=True),)
    assert word.unresolved_upstreams == 2
    assert word.followed == "192.0.2.1"


@pytest.mark.parametrize(
    ("reference_id", "name"), [(0, ""), (0x7F7F0101, ""), (0x50484330, "PHC0"), (0x50505300, "PPS")]
)
def test_a_reference_clock_that_was_followed(reference_id, name):
    tracking = replace(TRACKING, address="", reference_id=reference_id)
    assert describe_chrony(tracking, [], ACTIVITY, {}).followed == name


def test_authentication_is_told_of_those_it_is_known_of():
    word = describe_chrony(TRACKING, [source("192.0.2.1"), source("PHC0")], ACTIVITY, {"192.0.2.1": Authentication.NTS})
    assert [upstream.authentication for upstream in word.upstreams] == [Authentication.NTS, None]


def test_a_negative_correction_means_a_clock_that_is_ahead():
    assert describe_chrony(TRACKING, [], ACTIVITY, {}).offset_s == 0.020


@pytest.mark.parametrize(
    ("reference_id", "reference"),
    [
        (0, Reference.NONE),
        (0x7F7F0101, Reference.OWN_CLOCK),
        (0x7F000002, Reference.OUTSIDE),
        (0x50484330, Reference.OUTSIDE),  # PHC0
    ],
)
def test_references(reference_id, reference):
    assert describe_chrony(replace(TRACKING, reference_id=reference_id), [], ACTIVITY, {}).reference is reference


def test_every_state_of_a_source_has_its_word():
    word = describe_chrony(TRACKING, [source(state.name, state) for state in SourceState], ACTIVITY, {})
    assert {upstream.name: upstream.state.value for upstream in word.upstreams} == {
        "SELECTED": "selected",
        "NONSELECTABLE": "unusable",
        "FALSETICKER": "falseticker",
        "JITTERY": "jittery",
        "UNSELECTED": "combined",
        "SELECTABLE": "outlier",
    }


def test_a_source_that_answered_none_of_eight_polls_cannot_be_reached():
    word = describe_chrony(TRACKING, [source("a", reachability=0), source("b", reachability=1)], ACTIVITY, {})
    assert [upstream.reachable for upstream in word.upstreams] == [False, True]
