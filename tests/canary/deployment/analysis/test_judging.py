"""What the looks at one check come to: what counts, what holds and since when, and what pauses or aborts."""

import math

import pytest

from canary.deployment.analysis.judging import _OR_ZERO, CheckState, Measured
from canary.deployment.spec import Check

COUNTED = Check(name="errors", provider="prometheus", server="main", events="total $version", failures="bad $version")
SINCE = Check(
    name="errors", provider="prometheus", server="main", events="e $version $since", failures="f $version $since"
)
VALUED = Check(name="delay", provider="command", value="delay", success="< 0.3", failure="> 0.5")


def play(check, *looks, among=1, now_s=None):
    """The verdict after looks a minute apart: pairs of counts, a value, None for nothing to see, or a text for an error."""
    state = CheckState(check, among)
    for number, look in enumerate(looks):
        match look:
            case (events, failures):
                told = {"events": events, "failures": failures}
            case str():
                told = {"error": look}
            case _:
                told = {"value": look}
        state.add(Measured(name=check.name, at_s=60.0 * number, **told))
    return state.verdict(60.0 * (len(looks) - 1) if now_s is None else now_s)


def counts(check, *looks):
    """How much of how much failed, as it is shown."""
    return play(check, *looks).value.partition(" failed")[0]


@pytest.mark.parametrize(
    ("looks", "value"),
    [
        ([(100, 5)], ""),  # what was before says nothing of this deployment
        ([(100, 5), (150, 7)], "2 of 50"),
        ([(0, 0), (100, 1), (300, 5)], "5 of 300"),
        ([(0, 0), (100, 5), (40, 2), (140, 4)], "7 of 200"),  # began anew at (40, 2)
        ([(0, 0), (100, 5), (140, 0), (240, 2)], "7 of 200"),  # so did its failures alone
        ([(0, 0), (100, 5), (100, 5), (100, 5)], "5 of 100"),
        ([(0, 0), (100, 5), None, "away", (200, 10)], "10 of 200"),
        ([(0, 0), (100, 5), (math.nan, 5), (100, math.inf), (200, 10)], "10 of 200"),
        ([(0, 0), (100, 5), (110, 50), (200, 60)], "60 of 200"),  # counted at different moments: taken together later
        ([(0, 0), (-1, 0), (1e16, 0), (10, 1)], "1 of 10"),
        ([(0, 0), (10, 10.9)], "10 of 10"),
    ],
)
def test_counters_grow_begin_anew_and_are_never_negative(looks, value):
    assert counts(COUNTED, *looks) == value


@pytest.mark.parametrize(
    ("looks", "value"),
    [
        ([(100, 5)], "5 of 100"),
        ([(100, 5), (99.7, 5), (100, 5), (99.7, 5), (120, 5)], "5 of 120"),  # extrapolation that wavers is no news
        ([(100, 5), (120, 4.9), (130, 6)], "6 of 130"),
    ],
)
def test_what_is_counted_since_the_deployment_counts_from_the_first_look_on(looks, value):
    assert counts(SINCE, *looks) == value


@pytest.mark.parametrize(
    ("looks", "verdict"),
    [
        ([(0, 0), (100, 5)], "ok"),
        ([(0, 0), (100, 16)], "watch"),
        ([(0, 0), (100, 25)], "bad"),
        ([(0, 0)], "no_data"),
        ([(0, 0), (100, 5), None], "no_data"),
        ([(0, 0), (100, 5), "away"], "error"),
        ([(0, 0), (100, 5), (math.nan, 1)], "no_data"),
        ([(0, 0), (100, 5), (110, 90)], "error"),
        ([(0, 0), (100, 16), "away"], "watch"),  # what was seen stands
        ([(0, 0), (100, 25), None], "bad"),
    ],
)
def test_events_and_failures_are_evidence(looks, verdict):
    assert play(COUNTED, *looks).verdict == verdict


def test_several_checks_need_as_many_times_the_evidence():
    looks = [(0, 0), (100, 17)]
    assert (play(COUNTED, *looks).verdict, play(COUNTED, *looks, among=10).verdict) == ("bad", "watch")
    assert "watch from evidence 10^3.0, bad from 10^4.0" in play(COUNTED, *looks, among=10).limit


@pytest.mark.parametrize("on_failure", ["pause", "abort"])
@pytest.mark.parametrize(
    ("success", "failure", "value", "verdict"),
    [
        ("< 0.3", "> 0.5", 0.2, "ok"),
        ("< 0.3", "> 0.5", 0.6, "failed"),
        ("< 0.3", "> 0.5", 0.4, "watch"),  # neither
        ("< 0.3", None, 0.2, "ok"),
        ("< 0.3", None, 0.4, "failed"),
        (None, "> 0.5", 0.4, "ok"),
        (None, "> 0.5", 0.6, "failed"),
        ("< 0.3", "> 0.1", 0.2, "failed"),  # both: the failure counts
        (None, "> 0.5", math.nan, "no_data"),
        ("< 0.3", None, -math.inf, "no_data"),
        ("< 0.3", None, None, "no_data"),
        ("< 0.3", None, "away", "error"),
    ],
)
def test_a_value_pauses_and_aborts_only_where_the_file_says_so(success, failure, value, verdict, on_failure):
    check = Check(name="x", provider="command", value="x", success=success, failure=failure, on_failure=on_failure)
    expected = {"failed": {"pause": "watch", "abort": "bad"}[on_failure]}.get(verdict, verdict)
    assert play(check, value).verdict == expected


def test_the_last_value_counts():
    assert [play(VALUED, *looks).verdict for looks in ([0.6, 0.2], [0.2, 0.6], [0.2, None, 0.2])] == [
        "ok",
        "watch",
        "ok",
    ]


def test_a_result_stands_with_value_limit_samples_and_query():
    shown = play(COUNTED, (0, 0), (300, 12), now_s=80.0)
    assert (shown.name, shown.value) == ("errors", "12 of 300 failed (0.04), evidence 10^-0.3")
    assert shown.limit == "0.05 of them; watch from evidence 10^2.0, bad from 10^3.0"
    assert shown.text == "2 measurements, the last one 20s ago; prometheus main: bad $version of total $version"
    shown = play(VALUED, 0.41234567)
    assert (shown.value, shown.limit) == ("0.412346", "good < 0.3, bad > 0.5")
    assert shown.text == "1 measurement, the last one 0s ago; command: delay"


@pytest.mark.parametrize(
    ("looks", "now_s", "text"),
    [
        ([], 0.0, "no data it was not looked at yet"),
        ([(0, 0)], 0.0, "no events yet"),
        ([(0, 0), None, None], 150.0, "no data for 1m 30s: no number for events"),
        ([(0, 0), "away", (math.nan, 0), "it is away"], 200.0, "no answer for 2m 20s: it is away"),
        ([(0, 0), "away", (1, 0), "away"], 190.0, "no answer for 10s: away"),
        ([(0, 0), (math.inf, 0)], 60.0, "no data for 0s: events is inf"),
        ([(0, 0), (10, None)], 60.0, f"no data for 0s: no number for failures{_OR_ZERO}"),
        (
            [(0, 0), (5, 50)],
            60.0,
            "no answer for 0s: 50 failures of 5 events: these queries do not count the same thing",
        ),
        ([(0, 0), (50, 0)], 360.0, "it was not looked at for 5m 0s"),
    ],
)
def test_what_holds_is_said_with_since_when(looks, now_s, text):
    assert play(COUNTED, *looks, now_s=now_s).text.partition(";")[0] == text


def test_a_long_query_is_shortened():
    check = Check(name="x", provider="prometheus", server="main", value="$version" + "x" * 500, failure="> 1")
    assert len(play(check, 1.0).text) < 200
