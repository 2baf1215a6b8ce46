"""The evidence that too much fails is an e-process, whatever is counted together and however late a version turns bad."""

import itertools
import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.deployment.analysis.share import ShareEvidence
from canary.judge.eprocess import RATIOS
from tests.canary.deployment.analysis.good_versions import reach

limits = st.floats(min_value=0.001, max_value=1)


def evidence_of(limit, windows):
    evidence = ShareEvidence(limit)
    for events, failures in windows:
        evidence.add(events, failures)
    return evidence


def mean_e(limit, sizes, share):
    """The mean of e over all numbers of failures, each weighed by its chance."""
    total = 0.0
    for failures in itertools.product(*(range(size + 1) for size in sizes)):
        drawn = list(zip(sizes, failures, strict=True))
        weight = math.prod(math.comb(n, k) * share**k * (1 - share) ** (n - k) for n, k in drawn)
        total += weight * 10 ** evidence_of(limit, drawn).log10_e
    return total


def test_nothing_is_known_before_the_first_event():
    assert ShareEvidence(0.05).log10_e == 0


@given(limits, st.lists(st.integers(1, 5), max_size=3))
def test_at_the_limit_the_mean_of_e_is_one(limit, sizes):
    assert mean_e(limit, sizes, limit) == pytest.approx(1)


@given(limits, st.lists(st.integers(1, 5), max_size=3), st.floats(0, 1))
def test_below_the_limit_the_mean_of_e_is_at_most_one(limit, sizes, part):
    assert mean_e(limit, sizes, part * limit) <= 1 + 1e-9


@pytest.mark.parametrize("limit", [0.001, 0.05, 0.5])
@pytest.mark.parametrize(("events", "failures"), [(1, 0), (1, 1), (20, 3), (5.5, 2.5)])
def test_a_window_is_the_bet_of_the_formula(limit, events, failures):
    bets = [(ratio - 1) / (ratio * limit + 1 - limit) for ratio in RATIOS]
    gains = [(1 + bet * (1 - limit)) ** failures * (1 - bet * limit) ** (events - failures) for bet in bets]
    expected = (1 + sum(gains) / len(gains)) / 2
    assert 10 ** evidence_of(limit, [(events, failures)]).log10_e == pytest.approx(expected)


@given(limits, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8))
def test_a_failure_accuses_and_anything_else_clears(limit, windows):
    counted = [(k + others, k) for k, others in windows if k + others]
    before = evidence_of(limit, counted).log10_e
    assert evidence_of(limit, [*counted, (1, 0)]).log10_e <= before + 1e-9
    assert evidence_of(limit, [*counted, (1, 1)]).log10_e >= before - 1e-9


def test_counts_of_any_size_stay_numbers():
    assert evidence_of(0.05, [(2.0**53, 0), (2.0**53, 2.0**53), (1e-9, 0)]).log10_e > 1e6
    assert math.isfinite(evidence_of(1.0, [(2.0**53, 2.0**53)] * 3).log10_e)


def test_all_may_fail_where_the_limit_is_one():
    assert evidence_of(1.0, [(1000, 1000)] * 10).log10_e == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "events", "found"),
    [(0.1, 1_500, 0.95), (0.2, 160, 0.95), (0.5, 40, 0.99), (1.0, 3, 1.0)],
)
def test_what_fails_much_more_is_found(share, events, found):
    assert reach(2.0, 300, limit=0.05, share=share, sizes=[1] * events, seed=3) >= 300 * found


@pytest.mark.parametrize(("share", "events"), [(1.0, 3), (0.5, 7), (0.2, 38), (0.1, 220)])
def test_it_takes_so_many_events_in_the_median(share, events):
    """The table of docs/analysis.md."""
    dice = random.Random(5)
    found = []
    for _ in range(300):
        evidence = ShareEvidence(0.05)
        while evidence.log10_e < 2.0:
            evidence.add(1, dice.random() < share)
        found.append(evidence.events)
    assert statistics.median(found) == pytest.approx(events, rel=0.15, abs=1)


def test_what_turns_bad_late_is_found_soon():
    """An hour of 1 % failures speaks for it with more than 10^100: no evidence that began then could come back from there."""
    evidence = evidence_of(0.05, [(20, int(number % 5 == 0)) for number in range(100)])
    assert evidence.log10_e < -1.9
    late = 0
    while evidence.log10_e < 3.0:
        evidence.add(20, 4)
        late += 1
    assert late <= 8


@pytest.mark.parametrize("sizes", [(1,) * 400, (20,) * 60, (1_000,) * 20], ids=["events", "windows", "busy"])
def test_a_good_version_at_its_limit_is_hardly_ever_accused(sizes):
    """A sample; `python -m tests.canary.deployment.analysis.good_versions` does it in full."""
    deployments = 500
    assert reach(2.0, deployments, limit=0.05, share=0.05, sizes=sizes, seed=11) <= 12  # 1 %, and 3 standard deviations
    assert reach(3.0, deployments, limit=0.05, share=0.05, sizes=sizes, seed=12) <= 3
