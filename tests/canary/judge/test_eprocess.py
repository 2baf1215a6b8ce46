import itertools
import math

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from canary.judge.eprocess import RATIOS, Evidence

shares = st.floats(min_value=1e-6, max_value=1 - 1e-6)
margins = st.floats(min_value=1, max_value=10)
labels = st.lists(st.tuples(st.booleans(), shares), max_size=40)


def evidence_of(sequence, margin=1.0):
    evidence = Evidence()
    for is_new, share in sequence:
        evidence.add(is_new=is_new, share=share, margin=margin)
    return evidence


def chance_of_new(share, factor):
    """That a failure is a new one's, where new instances fail `factor` times as often as old ones."""
    return factor * share / (factor * share + 1 - share)


def mean_e(tape, margin, factor):
    """The mean of e over all sequences of labels, each weighed by its chance."""
    total = 0.0
    for sequence in itertools.product((True, False), repeat=len(tape)):
        chances = [chance_of_new(share, factor) for share in tape]
        weight = math.prod(p if is_new else 1 - p for is_new, p in zip(sequence, chances, strict=True))
        total += weight * 10 ** evidence_of(zip(sequence, tape, strict=True), margin).log10_e
    return total


def test_nothing_is_known_before_the_first_failure():
    assert Evidence().log10_e == pytest.approx(0, abs=1e-12)


@given(st.lists(shares, max_size=7), margins)
def test_on_the_margin_the_mean_of_e_is_one(tape, margin):
    assert mean_e(tape, margin, factor=margin) == pytest.approx(1)


@given(st.lists(shares, max_size=7), margins, st.floats(min_value=0, max_value=1))
def test_below_the_margin_the_mean_of_e_is_at_most_one(tape, margin, part):
    assert mean_e(tape, margin, factor=part * margin) <= 1 + 1e-9


@given(st.lists(st.floats(min_value=0.05, max_value=0.95), min_size=3, max_size=7))
def test_above_the_margin_it_grows(tape):
    assert mean_e(tape, margin=1.0, factor=3.0) > 1.05


def level_of(new, old, share, margin):
    """The evidence after so many failures at one share, by the formula in one step."""
    chance = chance_of_new(share, margin)
    powers = [new * math.log10(r) - (new + old) * math.log10(r * chance + 1 - chance) for r in RATIOS]
    return math.log10(sum(10**power for power in powers) / len(RATIOS))


def chance_to_reach(limit_log10, failures, *, share, margin, ratio):
    """That the evidence ever reaches a limit within so many failures: exactly, over all sequences, looked at after each."""
    below = {0: 1.0}  # by failures of the new version: the chance to come there without having reached the limit
    p = chance_of_new(share, ratio)
    reached = 0.0
    for number in range(1, failures + 1):
        grown = dict.fromkeys(range(number + 1), 0.0)
        for new, weight in below.items():
            grown[new + 1] += weight * p
            grown[new] += weight * (1 - p)
        over = [new for new in grown if level_of(new, number - new, share, margin) >= limit_log10]
        reached += sum(grown.pop(new) for new in over)
        below = grown
    return reached


@pytest.mark.parametrize("margin", [1.0, 1.25])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("limit_log10", [1.0, 2.0, 3.0])
def test_it_ever_reaches_a_limit_no_more_often_than_one_in_so_many(limit_log10, share, margin):
    reached = chance_to_reach(limit_log10, 200, share=share, margin=margin, ratio=margin)
    assert 0 < reached <= 10**-limit_log10


@pytest.mark.parametrize(
    ("share", "ratio", "failures", "power"),
    [(0.5, 5, 60, 0.95), (0.1, 5, 60, 0.91), (0.1, 5, 90, 0.98), (0.5, 10, 60, 0.999), (0.1, 10, 30, 0.97)],
)
def test_a_version_that_fails_much_more_is_found(share, ratio, failures, power):
    assert chance_to_reach(2.0, failures, share=share, margin=1.25, ratio=ratio) >= power


def test_a_version_that_fails_twice_as_often_is_mostly_not_found_within_sixty_failures():
    assert chance_to_reach(2.0, 60, share=0.5, margin=1.25, ratio=2) < 0.2


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize(("new", "old"), [(0, 0), (1, 0), (0, 1), (5, 3), (3, 40)])
def test_it_is_the_formula(new, old, share):
    assert evidence_of([(True, share)] * new + [(False, share)] * old, 1.25).log10_e == pytest.approx(
        level_of(new, old, share, 1.25), abs=1e-9
    )


@given(labels, margins, st.randoms(use_true_random=False))
def test_the_order_of_the_failures_does_not_matter(sequence, margin, order):
    shuffled = list(sequence)
    order.shuffle(shuffled)
    first, second = evidence_of(sequence, margin), evidence_of(shuffled, margin)
    assert second.log10_e == pytest.approx(first.log10_e, abs=1e-9)
    assert (second.new, second.old) == (first.new, first.old)


@given(labels, margins, shares)
def test_a_failure_of_the_new_version_accuses_and_one_of_the_old_clears(sequence, margin, share):
    before = evidence_of(sequence, margin)
    accused, cleared = before.copy(), before.copy()
    accused.add(is_new=True, share=share, margin=margin)
    cleared.add(is_new=False, share=share, margin=margin)
    assert cleared.log10_e <= before.log10_e <= accused.log10_e


@given(labels, margins, shares, shares, st.booleans())
def test_the_more_of_it_runs_the_less_a_failure_accuses(sequence, margin, one, other, is_new):
    few, many = sorted((one, other))
    assume(few < many)
    less, more = evidence_of(sequence, margin), evidence_of(sequence, margin)
    less.add(is_new=is_new, share=many, margin=margin)
    more.add(is_new=is_new, share=few, margin=margin)
    assert less.log10_e <= more.log10_e + 1e-9


@given(labels, margins, margins)
def test_a_wider_margin_accuses_less(sequence, one, other):
    narrow, wide = sorted((one, other))
    assert evidence_of(sequence, wide).log10_e <= evidence_of(sequence, narrow).log10_e + 1e-9


@given(labels, st.sampled_from([0.0, 1.0]), st.booleans())
def test_with_nothing_to_compare_with_a_failure_says_nothing(sequence, share, is_new):
    evidence = evidence_of(sequence)
    before = evidence.copy()
    evidence.add(is_new=is_new, share=share, margin=1.25)
    assert evidence == before


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("share", [1e-300, 1e-9, 0.5, 1 - 1e-15])
def test_a_long_history_does_not_overflow(is_new, share):
    evidence = Evidence(log_weights=[1e6 if is_new else -1e6] * len(RATIOS))
    evidence.add(is_new=is_new, share=share, margin=1.25)
    assert math.isfinite(evidence.log10_e)


@given(labels)
def test_it_is_kept_as_json_and_read_again(sequence):
    evidence = evidence_of(sequence)
    assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence


@pytest.mark.parametrize(("share", "in_a_row"), [(0.5, 9), (0.2, 4), (0.1, 3), (0.05, 3)])
def test_how_many_failures_of_the_new_version_alone_are_suspect(share, in_a_row):
    assert evidence_of([(True, share)] * (in_a_row - 1)).log10_e < 2 <= evidence_of([(True, share)] * in_a_row).log10_e


def test_what_was_expected_is_told():
    evidence = evidence_of([(True, 0.5), (False, 0.2)], margin=1.25)
    assert evidence.expected == pytest.approx(1.25 / 2.25 + 0.25 / 1.05)
    assert (evidence.new, evidence.old) == (1, 1)
