"""The clock of a host that answers no probes, from what its router writes: the truth is always within the bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.cluster.routed import BURST_NS, SAMPLES, Answer, RoutedWindow
from timekeeper.pairs import PairEstimate, RealtimeReading
from timekeeper.solution.measurement import VOID_AFTER_S

MS = 1_000_000
S = 1_000_000_000
EPOCH_NS = 1_795_500_000 * S
OURS = RealtimeReading(difference_ns=EPOCH_NS, raw_ns=10 * S, error_ns=1000)
"""Our REALTIME is our raw clock and that much."""


@pytest.fixture
def window():
    return RoutedWindow()


def answer(asked_ns, way_ns, back_ns, ahead_ns=0):
    """The peer, whose clock is ahead of ours, writes its time when the question has come."""
    return Answer(asked_ns, asked_ns + way_ns + back_ns, EPOCH_NS + asked_ns + way_ns + ahead_ns)


def test_nothing_is_known(window):
    assert window.estimate(10 * S, OURS) is None


def test_one_answer(window):
    assert window.add(answer(9 * S, 3 * MS, 1 * MS, ahead_ns=500 * MS))
    assert window.estimate(9 * S + 4 * MS, OURS) == PairEstimate(
        offset_s=pytest.approx(0.501, abs=1e-9),
        bound_s=pytest.approx(0.002001, abs=1e-9),
        rtt_s=0.004,
        age_s=0.0,
        drift_ppm=None,
        drift_bound_ppm=None,
        steps=0,
        rate_bound_ppm=pytest.approx(100.0),
    )


def test_the_shortest_way_counts(window):
    for way_ms in (8, 2, 5):
        window.add(answer(9 * S, way_ms * MS, way_ms * MS))
    assert window.estimate(10 * S, OURS).rtt_s == 0.004


def test_what_is_older_than_the_burst_does_not(window):
    window.add(answer(S, MS, MS))
    window.add(answer(S + BURST_NS, 9 * MS, 9 * MS))
    assert window.estimate(S + BURST_NS, OURS).rtt_s == 0.002
    window.add(answer(S + BURST_NS + 1, 5 * MS, 5 * MS))
    assert window.estimate(S + BURST_NS, OURS).rtt_s == 0.01


def test_no_more_than_so_many_are_kept(window):
    window.add(answer(S, MS, MS))
    for _ in range(SAMPLES):
        window.add(answer(S, 2 * MS, 2 * MS))
    assert window.estimate(2 * S, OURS).rtt_s == 0.004


def test_an_answer_before_its_question(window):
    assert not window.add(Answer(10, 9, 0))
    assert window.estimate(10, OURS) is None


def test_it_is_forgotten(window):
    window.add(answer(S, MS, MS))
    window.forget()
    assert window.estimate(2 * S, OURS) is None


@pytest.mark.parametrize(("age_s", "is_known"), [(VOID_AFTER_S - 1, True), (VOID_AFTER_S + 1, False)])
def test_it_is_void_in_the_end(window, age_s, is_known):
    window.add(answer(S, MS, MS))
    estimate = window.estimate(S + round(age_s * S), OURS)
    assert (estimate is not None) is is_known


def test_it_widens_with_age(window):
    window.add(answer(S, MS, MS))
    young, old = (window.estimate(S + 2 * MS + age_s * S, OURS) for age_s in (0, 100))
    assert old.bound_s - young.bound_s >= 100 * 2 * 50e-6


times_ns = st.integers(0, 2 * S)


@given(
    st.lists(st.tuples(times_ns, times_ns, times_ns), min_size=1, max_size=12),
    st.integers(-3600 * S, 3600 * S),
    times_ns,
)
def test_the_truth_is_within_the_bound(ways, ahead_ns, later_ns):
    window = RoutedWindow()
    for asked_ns, way_ns, back_ns in ways:
        window.add(answer(asked_ns, way_ns, back_ns, ahead_ns))
    now_ns = max(sum(way) for way in ways) + later_ns
    estimate = window.estimate(now_ns, OURS)
    assert abs(estimate.offset_s - ahead_ns / 1e9) <= estimate.bound_s
