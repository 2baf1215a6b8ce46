"""The promises of the comparator, with few lives each; ``python -m tests.canary.shadow.bars`` plays many more."""

import pytest

from tests.canary.shadow.bars import METHODS, SUSPECT_LOG10, flapping, live, planted


@pytest.mark.parametrize("method", METHODS)
def test_two_equal_versions_with_times_and_random_identifiers_show_nothing(method):
    for seed in range(5):
        life = live(method, seed, 2_000)
        assert (life.reported, life.suspected) == (None, None)


@pytest.mark.parametrize(("method", "share"), [("second", 0.02), ("replay", 0.02), ("none", 0.0005)])
def test_a_field_that_differs_now_and_then_moves_no_evidence(method, share):
    assert [live(method, seed, 2_000, flapping(share / 2)).suspected for seed in range(5)] == [None] * 5


@pytest.mark.parametrize("method", METHODS)
def test_one_wrong_reply_in_a_thousand_is_told_within_ten_thousand_messages(method):
    row = live(method, 1, 10_000, planted(0.001)).row
    assert (row.differing, row.is_news) == (10, True)


@pytest.mark.parametrize("method", METHODS)
def test_one_wrong_reply_in_a_hundred_is_beyond_the_suspect_level_within_two_thousand_messages(method):
    assert SUSPECT_LOG10 == 2.0
    for seed in range(5):
        assert live(method, seed, 2_000, planted(0.01), until_suspected=True).suspected <= 2_000
